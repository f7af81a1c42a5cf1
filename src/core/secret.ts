/** A key that cannot be printed by accident: every rendering is its fingerprint. Only `egress/` and the bearer check call `reveal`. */
import { sha256Hex } from "./sha256.ts";

export interface Secret {
  /** first 8 hex digits of the SHA-256 */
  readonly fingerprint: string;
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export async function createSecret(value: string): Promise<Secret> {
  const fingerprint = sha256Hex(value).slice(0, 8);
  const shown = `secret:${fingerprint}`;
  return Object.freeze({ fingerprint, reveal: () => value, toString: () => shown, toJSON: () => shown });
}
