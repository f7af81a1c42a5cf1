/** What the runtime tells the doctor about the machine and its configuration: names, never values of variables. Holds types only. */

export interface StoreFacts {
  /** as configured */
  path: string;
  state: "memory" | "new" | "ready" | "unusable";
  /** what is wrong, or what will be done */
  detail: string;
}

export interface WslState {
  wsl: boolean;
  distribution: string | null;
  /** default-route gateway: the Windows host under NAT */
  gateway: string | null;
  /** what `wslinfo --networking-mode` says (nat, mirrored, none, virtioproxy); null = it could not be asked */
  mode: string | null;
}

export interface Survey {
  /** variables of the configuration table that are set */
  set: string[];
  /** set, and named like ours, but read by nobody */
  unknown: string[];
  ollamaHost: "unset" | "auto" | "set";
  wsl: WslState;
  store: StoreFacts;
}
