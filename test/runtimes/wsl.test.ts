/** WSL2: found by kernel or environment, its gateway read from the routing table. */
import { expect, test } from "vitest";
import { detectWsl, parseDefaultGateway } from "../../src/runtimes/wsl.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const NAT = `${HEAD}eth0\t00000000\t0150A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0050A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0\n`;

test("the gateway is little-endian hex", () => {
  expect(parseDefaultGateway(NAT)).toBe("192.168.80.1");
});
test("the lowest metric wins, and routes that are down or have no gateway do not count", () => {
  const lines = [
    "eth1\t00000000\t010011AC\t0003\t0\t0\t200\t00000000",
    "eth0\t00000000\t010013AC\t0003\t0\t0\t100\t00000000",
    "eth2\t00000000\t010014AC\t0002\t0\t0\t1\t00000000",
    "eth3\t00000000\t00000000\t0001\t0\t0\t0\t00000000",
    "eth4\t0000000A\t010015AC\t0003\t0\t0\t0\t000000FF",
  ];
  expect(parseDefaultGateway(HEAD + lines.join("\n"))).toBe("172.19.0.1");
});
test.each(["", HEAD, "garbage", `${HEAD}eth0\t00000000\tZZZZZZZZ\t0003\t0\t0\t0\t00000000`])("%j has no gateway", (text) => {
  expect(parseDefaultGateway(text)).toBe(null);
});
test.each([
  ["Linux version 5.15.153.1-microsoft-standard-WSL2", "", {}, true],
  ["", "5.15.153.1-microsoft-standard-WSL2", {}, true],
  ["Linux version 6.1.0", "6.1.0-amd64", { WSL_DISTRO_NAME: "Debian" }, true],
  ["Linux version 6.1.0", "6.1.0-amd64", { WSL_INTEROP: "/run/WSL/1_interop" }, true],
  ["Linux version 6.1.0", "6.1.0-amd64", {}, false],
])("kernel %j, release %j, environment %j: WSL2 is %s", (procVersion, osRelease, env, wsl) => {
  expect(detectWsl({ procVersion, osRelease, route: NAT, env })).toEqual({
    wsl,
    distribution: "WSL_DISTRO_NAME" in env ? "Debian" : null,
    gateway: wsl ? "192.168.80.1" : null,
  });
});
