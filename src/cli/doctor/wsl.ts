/** WSL2: where the Windows host's Ollama can be reached from here, and which setting on Windows is missing if it cannot. Pure. */
import { type Check, checksOf } from "./check.ts";
import type { Survey } from "./survey.ts";
import type { Visit } from "./visit.ts";

const { ok, warn } = checksOf("machine");
const PORT = 11434;

const NAT_HINT = (gateway: string): string =>
  [
    `on Windows: quit Ollama in the tray, set the user variable OLLAMA_HOST=0.0.0.0 (setx OLLAMA_HOST 0.0.0.0), start it again`,
    `allow TCP ${PORT} inbound for the WSL interface (PowerShell as administrator: New-NetFirewallRule -DisplayName "Ollama WSL" -Direction Inbound -Action Allow -Protocol TCP -LocalPort ${PORT} -InterfaceAlias "vEthernet (WSL*)")`,
    `here: OLLAMA_HOST=auto, and CONSENSUS_LOCAL_ADDRESSES=${gateway} so that it counts as local`,
    "or [wsl2] networkingMode=mirrored in %UserProfile%\\.wslconfig, then wsl --shutdown (Windows 11 22H2 or later)",
    "0.0.0.0 shows an Ollama without a key to the whole network: keep the firewall rule narrow",
  ].join("; ");
const MIRRORED_HINT =
  "start Ollama on Windows and use OLLAMA_HOST=127.0.0.1; for the host's own LAN address set hostAddressLoopback=true under [experimental] in %UserProfile%\\.wslconfig, then wsl --shutdown";

/** Before `wslinfo` there was only NAT. */
export function wslChecks({ wsl: { wsl, distribution, gateway, mode } }: Survey, ollama: Visit | null): Check[] {
  if (!wsl) return [];
  const named = `${distribution ?? "WSL2"}, networking ${mode ?? "unknown (taken for nat)"}`;
  const lost = ollama?.models?.ok === false;
  if (mode === "mirrored")
    return [lost ? warn("wsl2", `${named}: Ollama is not reachable`, MIRRORED_HINT) : ok("wsl2", `${named}: Windows is at 127.0.0.1`)];
  if (mode === "none")
    return [warn("wsl2", `${named}: there is no network`, "[wsl2] networkingMode=nat in %UserProfile%\\.wslconfig, then wsl --shutdown")];
  if (gateway === null)
    return [warn("wsl2", `${named}: there is no default route to Windows`, "wsl --shutdown on Windows, then start again")];
  const said = `${named}: Windows is at ${gateway}, its localhost is not reachable`;
  return [lost ? warn("wsl2", `${said}, and Ollama does not answer`, NAT_HINT(gateway)) : ok("wsl2", said)];
}
