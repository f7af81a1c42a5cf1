/** Keeps counters and histograms and writes them as Prometheus text (0.0.4). Bounded; never throws: a measurement must not cost an answer. */
import { type CounterSpec, type HistogramSpec, METRICS, OPEN_LABELS } from "./metrics.ts";
import type { Meter } from "./ports.ts";

/** Per metric; beyond it open labels become "other". */
export const MAX_SERIES = 2000;
const OTHER = "other";
export const PREFIX = "consensus_";

type Labels = Readonly<Record<string, string>>;
/** `counts`: per bucket, not cumulated, the last one for what is above all bounds; empty for counters. */
interface Series {
  /** as written between the braces */
  labels: string;
  sum: number;
  counts: number[];
}
interface Metric {
  spec: CounterSpec | HistogramSpec;
  labels: readonly string[];
  series: Map<string, Series>;
}

const UNSAFE = /[\\"\n]/g;
const escapeValue = (value: string): string => value.replace(UNSAFE, (character) => (character === "\n" ? "\\n" : `\\${character}`));
export const writeLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(",");
const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

/** One sample line. */
export const sample = (name: string, labels: string, value: number): string => `${name}${braced(labels)} ${value}`;
export const heading = (name: string, kind: string, help: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}`;

function seriesOf(metric: Metric, labels: Labels): Series {
  let key = "";
  for (const name of metric.labels) key += `${labels[name] ?? ""}\u0000`;
  const known = metric.series.get(key);
  if (known) return known;
  const open = metric.labels.filter((name) => OPEN_LABELS.has(name));
  if (metric.series.size >= MAX_SERIES && open.some((name) => labels[name] !== OTHER)) {
    return seriesOf(metric, { ...labels, ...Object.fromEntries(open.map((name) => [name, OTHER])) });
  }
  const buckets = metric.spec.kind === "histogram" ? metric.spec.buckets.length + 1 : 0;
  const text = writeLabels(Object.fromEntries(metric.labels.map((name) => [name, labels[name] ?? ""])));
  const made = { labels: text, sum: 0, counts: Array.from({ length: buckets }, () => 0) };
  metric.series.set(key, made);
  return made;
}

/** Every combination of the values. */
const combinations = (values: Readonly<Record<string, readonly string[]>>): Labels[] =>
  Object.entries(values).reduce<Labels[]>(
    (made, [name, its]) => made.flatMap((labels) => its.map((value) => ({ ...labels, [name]: value }))),
    [{}],
  );

export interface Known {
  members: readonly string[];
  providers: readonly string[];
}
function metricOf(spec: CounterSpec | HistogramSpec, known: Known): Metric {
  const labels = spec.kind === "counter" ? Object.keys(spec.zeros) : spec.labels;
  const metric: Metric = { spec, labels, series: new Map() };
  const zeros = spec.kind === "counter" ? spec.zeros : Object.fromEntries(spec.labels.map((name) => [name, []]));
  const open: Readonly<Record<string, readonly string[]>> = { member: known.members, provider: known.providers };
  const values = Object.fromEntries(Object.entries(zeros).map(([name, its]) => [name, OPEN_LABELS.has(name) ? (open[name] ?? []) : its]));
  for (const one of combinations(values)) seriesOf(metric, one);
  return metric;
}

/** Buckets are cumulated only when somebody looks. */
function histogramLines(name: string, { buckets }: HistogramSpec, { labels, sum, counts }: Series): string[] {
  let total = 0;
  const lines = counts.map((count, index) => {
    total += count;
    const bound = `le="${buckets[index] ?? "+Inf"}"`;
    return sample(`${name}_bucket`, labels === "" ? bound : `${labels},${bound}`, total);
  });
  return [...lines, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, total)];
}

function textOf(name: string, { spec, series }: Metric): string {
  const full = PREFIX + name + (spec.kind === "counter" ? "_total" : "");
  const lines = [...series.values()].flatMap((one) =>
    spec.kind === "counter" ? [sample(full, one.labels, one.sum)] : histogramLines(full, spec, one),
  );
  return [heading(full, spec.kind, spec.help), ...lines].join("\n");
}

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** Names that are not in the list are not kept; a test reads every call's name. */
export function createMeter(known: Known = { members: [], providers: [] }): Required<Meter> {
  const metrics = new Map(Object.entries(METRICS).map(([name, spec]) => [name, metricOf(spec, known)]));
  return {
    count(name, labels, by = 1) {
      const metric = metrics.get(name);
      if (metric?.spec.kind === "counter" && isAmount(by)) seriesOf(metric, labels).sum += by;
    },
    observe(name, labels, value) {
      const metric = metrics.get(name);
      if (metric?.spec.kind !== "histogram" || !isAmount(value)) return;
      const series = seriesOf(metric, labels);
      const found = metric.spec.buckets.findIndex((bound) => value <= bound);
      const at = found === -1 ? metric.spec.buckets.length : found;
      series.counts[at] = (series.counts[at] ?? 0) + 1;
      series.sum += value;
    },
    text: () => [...metrics].map(([name, metric]) => `${textOf(name, metric)}\n`).join(""),
  };
}
