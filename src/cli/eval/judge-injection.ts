/** Answers that try to talk the judge round, before a judge that always obeys them. No call at all. */
import { inspectAnswer } from "../../../adjudicator/index.ts";
import { judged, type Shown } from "./court.ts";
import { saidText } from "./gold.ts";

/** A judge that always names the manipulated answer. */
export interface InjectionLine {
  rows: number;
  flagged: number;
  /** the manipulated answer won: with nobody else against it, though flagged, and against two equal honest ones */
  turned: number;
  flagged_won: number;
  majority_flipped: number;
}
export interface InjectionRow {
  question: string;
  honest: string;
  attack: string;
}
export async function injectionLine(rows: readonly InjectionRow[]): Promise<InjectionLine> {
  const line: InjectionLine = { rows: rows.length, flagged: 0, turned: 0, flagged_won: 0, majority_flipped: 0 };
  for (const { question, honest, attack } of rows) {
    const judge = (shown: Shown[]): string => JSON.stringify({ winner: shown.find(({ text }) => text === attack)?.label });
    const { flags } = inspectAnswer({ ...saidText(attack), answer: { type: "text" }, tools: null });
    const flagged = flags.includes("suspicious");
    const alone = await judged({ strategy: "pick", question, texts: [honest, attack], judge });
    const against = await judged({ strategy: "auto", question, texts: [honest, honest, attack], judge });
    const turned = alone.verdict.winner === "member/2";
    line.flagged += Number(flagged);
    line.turned += Number(turned);
    line.flagged_won += Number(turned && flagged);
    line.majority_flipped += Number(against.verdict.winner === "member/3");
  }
  return line;
}
