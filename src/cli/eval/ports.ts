/** What an evaluation is lent: files, and a service on a loopback port to ask. Holds types only. */

/** Recorded answers to one question: model → text, and how long each took. */
export interface Recorded {
  id: string;
  question: string;
  outputs: Record<string, string>;
  latency_s?: Record<string, number>;
}
/** A whole service behind a real socket, with a store of its own that ends with it. */
export interface EvalService {
  url: string;
  /** who is asked when a request names nobody */
  panel: string[];
  /** what earlier questions taught is forgotten */
  forget(): void;
  close(): Promise<void>;
}
export interface EvalPorts {
  /** rejects where there is no such text file */
  read(path: string): Promise<string>;
  /** CPU time that this process has used, in ms; absent where it cannot be told */
  cpuMs?: () => number;
  write(path: string, text: string): Promise<void>;
  /** recorded answers come from the provider `replay`, and nobody else can be called; null = the configured providers. `keeps`: its reports can be read again */
  open(rows: readonly Recorded[] | null, options: { keeps: boolean }): Promise<EvalService>;
}
/** The provider that plays recorded answers. */
export const REPLAY = "replay/";
