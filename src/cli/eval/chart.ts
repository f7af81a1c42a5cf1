/** Draws an evaluation as one self-contained SVG: accuracy with its 95 % interval per member and rule, and claimed against true confidence. Pure. */
import { percent } from "./answer.ts";
import type { Accuracy, Evaluation } from "./evaluation.ts";
import type { Bin } from "./statistics.ts";

const WIDTH = 760;
const LEFT = 270;
const RIGHT = 70;
const ROW = 26;
const TOP = 64;
const CURVE = 300;
/** Members, rules, and what no rule can pass: told apart by shape too. */
const INKS = { member: "#5b6b7b", rule: "#0b7a75", oracle: "#9a6b00" } as const;
type Kind = keyof typeof INKS;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Names come from files: no markup, and no control that XML forbids. */
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, more: string): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${more}/>`;
const GRID = 'stroke="#d8dee4"';

function mark(kind: Kind, x: number, y: number): string {
  const ink = `fill="${INKS[kind]}"`;
  switch (kind) {
    case "member":
      return `<circle cx="${x.toFixed(1)}" cy="${y}" r="5" ${ink}/>`;
    case "rule":
      return `<rect x="${(x - 5).toFixed(1)}" y="${y - 5}" width="10" height="10" ${ink}/>`;
    case "oracle":
      return `<path d="M${x.toFixed(1)} ${y - 6}l6 6-6 6-6-6z" ${ink}/>`;
    default:
      return kind satisfies never;
  }
}

interface Bar extends Accuracy {
  name: string;
  kind: Kind;
}
const barsOf = ({ members, rules, oracle }: Evaluation): Bar[] => [
  ...members.map((one): Bar => ({ ...one, name: one.member, kind: "member" })),
  ...rules.map((one): Bar => ({ ...one, name: one.rule, kind: "rule" })),
  { ...oracle, name: "any member right", kind: "oracle" },
];
const shortened = (name: string): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

function accuracyChart(bars: readonly Bar[]): string {
  const at = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + bars.length * ROW;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) => line(at(share), TOP - 8, at(share), bottom, GRID) + text(at(share), bottom + 18, `${share * 100} %`, 'text-anchor="middle"'),
  );
  const rows = bars.map((bar, index) => {
    const y = TOP + index * ROW + ROW / 2;
    const interval = line(at(bar.low), y, at(bar.high), y, `stroke="${INKS[bar.kind]}" stroke-width="2"`);
    const name = text(LEFT - 12, y + 4, shortened(bar.name), 'text-anchor="end"');
    return name + interval + mark(bar.kind, at(bar.rate), y) + text(WIDTH - RIGHT + 12, y + 4, percent(bar.rate));
  });
  return [...grid, ...rows].join("\n");
}

/** The diagonal is a confidence that keeps its word; a dot's size grows with the verdicts behind it. */
function reliabilityChart(bins: readonly Bin[], top: number): string {
  const x = (share: number): number => LEFT + share * CURVE;
  const y = (share: number): number => top + CURVE - share * CURVE;
  const frame = `<rect x="${LEFT}" y="${top}" width="${CURVE}" height="${CURVE}" fill="none" ${GRID}/>`;
  const diagonal = line(x(0), y(0), x(1), y(1), `${GRID} stroke-dasharray="4 4"`);
  const path = bins.map(({ claimed, right }) => `${x(claimed).toFixed(1)},${y(right).toFixed(1)}`).join(" ");
  const dots = bins.map(
    ({ claimed, right, n }) =>
      `<circle cx="${x(claimed).toFixed(1)}" cy="${y(right).toFixed(1)}" r="${Math.min(14, 3 + Math.sqrt(n)).toFixed(1)}" fill="${INKS.rule}" fill-opacity="0.6"><title>${n} verdicts</title></circle>`,
  );
  const names =
    text(x(0.5), top + CURVE + 34, "confidence claimed", 'text-anchor="middle"') +
    text(LEFT - 12, top + 14, "share that was right", 'text-anchor="end"') +
    ["0 %", "100 %"].map((words, share) => text(x(share), top + CURVE + 16, words, 'text-anchor="middle"')).join("");
  return [frame, diagonal, `<polyline points="${path}" fill="none" stroke="${INKS.rule}"/>`, ...dots, names].join("\n");
}

export function chartOf(evaluation: Evaluation): string {
  const bars = barsOf(evaluation);
  const curveTop = TOP + bars.length * ROW + 70;
  const bins = evaluation.calibration?.bins ?? [];
  const height = bins.length > 0 ? curveTop + CURVE + 50 : curveTop - 30;
  const group = evaluation.group === null ? "" : `, ${evaluation.group}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1f2933" role="img">
<title>${escaped(`Accuracy on ${evaluation.file}${group}`)}</title>
<desc>${escaped(evaluation.answer)}</desc>
<rect width="100%" height="100%" fill="#ffffff"/>
${text(16, 28, `${evaluation.file}${group}: right of ${evaluation.n} questions, with 95 % intervals`, 'font-size="16" font-weight="600"')}
${accuracyChart(bars)}
${bins.length > 0 ? reliabilityChart(bins, curveTop) : ""}
</svg>
`;
}
