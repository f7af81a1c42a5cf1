/** Recorded judges of two answers: what asking in both orders is worth against the better single order. No call at all. */
import { judged, type Shown } from "./court.ts";
import { seeded } from "./statistics.ts";

export interface PanelLine {
  judge: string;
  rows: number;
  /** right in its better single order, over all rows */
  better: number;
  /** rows on which both orders agree, and there: right, and right in its better single order */
  ruled: number;
  ruled_right: number;
  ruled_better: number;
}
type Side = "a" | "b";
type Order = "ab" | "ba";
export interface PanelRow {
  instruction: string;
  responses: Record<Side, string>;
  gold: Side;
  judges: Record<string, Record<Order, { text: string; verdict: Side | null }>>;
}

/** The recorded text names what it saw first "(a)": our label A. */
async function panelLine(judge: string, rows: readonly PanelRow[]): Promise<PanelLine> {
  const random = seeded(11);
  const line: PanelLine = { judge, rows: rows.length, better: 0, ruled: 0, ruled_right: 0, ruled_better: 0 };
  const single = { ab: 0, ba: 0 };
  const singleRuled = { ab: 0, ba: 0 };
  for (const { instruction, responses, gold, judges } of rows) {
    const said = judges[judge];
    const asShown = (shown: Shown[]): string => said?.[shown[0]?.text === responses.a ? "ab" : "ba"].text ?? "";
    const texts = [responses.a, responses.b];
    const { verdict } = await judged({ strategy: "pick", question: instruction, texts, judge: asShown }, random);
    const ruled = verdict.how === "picked";
    line.ruled += Number(ruled);
    line.ruled_right += Number(ruled && verdict.winner === (gold === "a" ? "member/1" : "member/2"));
    for (const order of ["ab", "ba"] as const) {
      const right = Number(said?.[order].verdict === gold);
      single[order] += right;
      singleRuled[order] += ruled ? right : 0;
    }
  }
  return { ...line, better: Math.max(single.ab, single.ba), ruled_better: Math.max(singleRuled.ab, singleRuled.ba) };
}

export async function panelLines(rows: readonly PanelRow[]): Promise<PanelLine[]> {
  const lines: PanelLine[] = [];
  for (const judge of new Set(rows.flatMap((row) => Object.keys(row.judges))))
    lines.push(
      await panelLine(
        judge,
        rows.filter((row) => row.judges[judge] !== undefined),
      ),
    );
  return lines;
}
