/** The log on Node: pino, one JSON line per event; the fields are ours and hold no prompt, answer or key. */
import pino from "pino";
import type { Log, LogLevel } from "../core/ports.ts";

export function createLog(level: LogLevel): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination(2),
  );
  return (at, event, fields) => logger[at]({ event, ...fields });
}
