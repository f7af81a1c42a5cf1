/** Reads Prometheus text (0.0.4) strictly: a line that is neither comment nor sample is an error. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;
const unescape = (text: string): string => text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (!match) throw new Error(`no label at ${text.slice(at)}`);
    labels[match[1] ?? ""] = unescape(match[2] ?? "");
    at = LABEL.lastIndex;
  }
  return labels;
}

export function samplesOf(text: string): Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) continue;
    const match = LINE.exec(line);
    if (!match || Number.isNaN(Number(match[3] === "+Inf" ? "Infinity" : match[3]))) throw new Error(`no sample: ${line}`);
    samples.push({ name: match[1] ?? "", labels: labelsOf(match[2] ?? ""), value: Number(match[3]) });
  }
  return samples;
}
export const sumOf = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number =>
  samples
    .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
