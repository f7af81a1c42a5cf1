/** Reads a system-call trace: whom a process connected to, and what it sent where. Knows the lines of `strace -f -e trace=connect,sendto,sendmsg,sendmmsg`. */
export interface Traced {
  calls: number;
  /** "127.0.0.1:11434" → connects */
  connects: Map<string, number>;
  /** AF_UNIX connects by path */
  unix: Map<string, number>;
  /** datagrams and connects to port 53, or anything named that is not loopback */
  dns: number;
  foreign: string[];
}
const V4 = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/;
const V6 = /sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/;
const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");

export function readTrace(text: string): Traced {
  const traced: Traced = { calls: 0, connects: new Map(), unix: new Map(), dns: 0, foreign: [] };
  for (const line of text.split("\n")) {
    const call = /\b(connect|sendto|sendmsg|sendmmsg)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    traced.calls += 1;
    const unix = /sa_family=AF_UNIX, sun_path=@?"([^"]*)"/.exec(line)?.[1];
    if (unix !== undefined) {
      traced.unix.set(unix, (traced.unix.get(unix) ?? 0) + 1);
      continue;
    }
    const [, port, address] = V4.exec(line) ?? V6.exec(line) ?? [];
    if (port === undefined || address === undefined) continue;
    if (port === "53") traced.dns += 1;
    if (!isLoopback(address)) traced.foreign.push(line.slice(0, 200));
    if (call === "connect") traced.connects.set(`${address}:${port}`, (traced.connects.get(`${address}:${port}`) ?? 0) + 1);
  }
  return traced;
}
