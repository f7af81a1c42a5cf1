/** Which addresses count as local and which names may lead to: pure arithmetic on literals, never a lookup. */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Block = [Address, number];

/** The operator's CONSENSUS_LOCAL_ADDRESSES, read. */
export interface AddressBook {
  /** a literal host (`127.0.0.1`, `[::1]`, `192.168.1.20`) that is loopback or listed; a name never is */
  isLocal(host: string): boolean;
  /** whether a name may lead to this address: public, or listed by the operator */
  mayResolveTo(address: string): boolean;
}

/** Azure's platform address is public by its range and answers secrets all the same. */
const PLATFORM = new Set(["168.63.129.16"]);

/** A literal in its plain spelling (four decimal parts, or IPv6); null for names and odd spellings. */
function literal(host: string): Address | null {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare);
  return bare.includes(":") && ipaddr.IPv6.isValid(bare) ? ipaddr.IPv6.parse(bare) : null;
}

/** One entry of the list; null when it is neither a literal address nor a CIDR block. */
export function parseBlock(text: string): Block | null {
  const [host = "", bits, more] = text.split("/");
  const address = literal(host);
  if (address === null || more !== undefined) return null;
  const whole = address.kind() === "ipv4" ? 32 : 128;
  if (bits === undefined) return [address, whole];
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  return length >= 0 && length <= whole ? [address, length] : null;
}

const isIn = (address: Address, [base, bits]: Block): boolean =>
  address.kind() === base.kind() && (address as ipaddr.IPv4).match(base as ipaddr.IPv4, bits);

/** IPv6 forms that only carry an IPv4 address (mapped, NAT64) are judged by what they carry. */
function carried(address: Address): Address {
  if (address.kind() !== "ipv6") return address;
  const six = address as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return six.toIPv4Address();
  if (six.range() === "rfc6052") return ipaddr.fromByteArray(six.toByteArray().slice(12));
  return six;
}

/** Entries that are no address are left out; the configuration has refused them before. */
export function createAddressBook(entries: readonly string[]): AddressBook {
  const blocks = entries.map(parseBlock).filter((block) => block !== null);
  const listed = (address: Address): boolean => blocks.some((block) => isIn(address, block));
  return {
    isLocal: (host) => {
      const address = literal(host);
      return address !== null && (address.range() === "loopback" || listed(address));
    },
    mayResolveTo: (text) => {
      const address = literal(text.split("%")[0] ?? "");
      if (address === null) return false;
      const real = carried(address);
      return listed(address) || listed(real) || (real.range() === "unicast" && !PLATFORM.has(real.toString()));
    },
  };
}
