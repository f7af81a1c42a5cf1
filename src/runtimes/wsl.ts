/** Whether this is WSL2, and where the Windows host is then: pure readings of file texts, and one thin reader of the files. */
import { readFileSync } from "node:fs";
import type { Environment } from "./config.ts";

export interface WslFacts {
  /** texts of the files, "" when missing */
  procVersion: string;
  osRelease: string;
  route: string;
  env: Environment;
}
export interface Wsl {
  wsl: boolean;
  distribution: string | null;
  /** default-route gateway: under NAT (the default) the Windows host; null when there is none */
  gateway: string | null;
}

/** `/proc/net/route` shows IPv4 addresses as little-endian hex: `0150A8C0` is 192.168.80.1. */
function address(hex: string): string | null {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex) || /^0{8}$/.test(hex)) return null;
  return [3, 2, 1, 0].map((byte) => Number.parseInt(hex.slice(byte * 2, byte * 2 + 2), 16)).join(".");
}

/** bits of the Flags column: route is up, and leads over a gateway */
const UP_AND_GATEWAY = 0x3;

/** The gateway of the default route with the lowest metric. */
export function parseDefaultGateway(route: string): string | null {
  let best: { gateway: string; metric: number } | null = null;
  for (const line of route.split("\n").slice(1, 257)) {
    const [, destination, gatewayHex = "", flags = "", , , metricText, mask] = line.trim().split(/\s+/);
    const flagged = (Number.parseInt(flags, 16) & UP_AND_GATEWAY) === UP_AND_GATEWAY;
    if (destination !== "00000000" || mask !== "00000000" || !flagged) continue;
    const gateway = address(gatewayHex);
    const metric = Number(metricText);
    if (gateway !== null && (best === null || metric < best.metric)) best = { gateway, metric };
  }
  return best?.gateway ?? null;
}

/** A container on a WSL kernel looks alike; whether the gateway is the Windows host shows only when it answers. */
export function detectWsl({ procVersion, osRelease, route, env }: WslFacts): Wsl {
  const kernel = /microsoft/i.test(`${procVersion} ${osRelease}`);
  const distribution = env["WSL_DISTRO_NAME"] ?? null;
  const wsl = kernel || distribution !== null || env["WSL_INTEROP"] !== undefined;
  return { wsl, distribution, gateway: wsl ? parseDefaultGateway(route) : null };
}

export function readWslFacts(env: Environment): WslFacts {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  return { procVersion: read("/proc/version"), osRelease: read("/proc/sys/kernel/osrelease"), route: read("/proc/net/route"), env };
}
