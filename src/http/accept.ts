/** Picks a media type by the Accept header: quality first, then our own order; no header and any type mean the first offered. */
import { Problem } from "../core/problem.ts";

interface Range {
  type: string;
  quality: number;
}

function rangesOf(header: string): Range[] {
  return header
    .slice(0, 1000)
    .split(",")
    .map((part): Range => {
      const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      const quality = q === undefined ? 1 : Number(q);
      return { type, quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 0 };
    })
    .filter(({ type }) => type !== "");
}

/** An exact range says more than `text/*`, that more than any type. */
function qualityOf(offer: string, ranges: Range[]): number {
  const [family] = offer.split("/");
  for (const wanted of [offer, `${family}/*`, "*/*"]) {
    const found = ranges.find(({ type }) => type === wanted);
    if (found) return found.quality;
  }
  return 0;
}

/** Throws Problem `not-acceptable`. */
export function negotiate<T extends string>(request: Request, offers: readonly [T, ...T[]]): T {
  const header = request.headers.get("accept");
  if (header === null || header.trim() === "") return offers[0];
  const ranges = rangesOf(header);
  let best: T | null = null;
  let quality = 0;
  for (const offer of offers) {
    const its = qualityOf(offer, ranges);
    if (its > quality) [best, quality] = [offer, its];
  }
  if (best === null) throw new Problem("not-acceptable", `this route makes ${offers.join(", ")}`);
  return best;
}
