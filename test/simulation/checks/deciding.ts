/** Deciding: what may win, who supports it, what an adjudicator was shown and what its word counts for (I08, I12–I17). */
import { PROMPTS } from "../../../prompts/index.ts";
import type { Report } from "../../../src/core/report.ts";
import { readPrompt, type ReadPrompt } from "../judges.ts";
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import { answered, judgeCalls, seatCalls, unique } from "./view.ts";

const reports = (played: Played): { run: PlayedRun; report: Report }[] =>
  played.runs.flatMap((run) => (run.report !== null && run.report.verdict !== null ? [{ run, report: run.report }] : []));

export function closedWorld(played: Played, tally: Tally): void {
  for (const { run, report } of reports(played)) {
    const { verdict } = report;
    if (verdict === null) continue;
    const fail = (text: string): void => tally.fail("I08", run.plan.index, text);
    tally.hold("I08");
    const members = new Set(answered(report).map(({ member }) => member));
    if (verdict.winner !== null && !members.has(verdict.winner)) fail(`${verdict.winner} won without an answer`);
    const dissenting = verdict.dissents.flatMap((dissent) => dissent.members);
    for (const member of [...verdict.supporters, ...dissenting]) if (!members.has(member)) fail(`${member} has a say without an answer`);
    if (unique(dissenting).length !== dissenting.length || unique(verdict.supporters).length !== verdict.supporters.length)
      fail("a member is listed twice");
    for (const member of verdict.supporters) if (dissenting.includes(member)) fail(`${member} supports and dissents`);
    if (verdict.winner !== null && !verdict.supporters.includes(verdict.winner)) fail("the winner does not stand behind itself");
    if (verdict.how !== "fallback" && verdict.weights.length !== members.size) fail("not every answered member has a weight");
    for (const outcome of answered(report)) {
      const said = seatCalls(played, run).filter(
        (call) => call.member === (outcome.hedged_by ?? outcome.member) && call.plan.answer !== null,
      );
      if (!said.some((call) => call.plan.answer?.text.trim() === outcome.text))
        fail(`${outcome.member} never said "${outcome.text.slice(0, 60)}"`);
    }
    if (verdict.how === "merged" || verdict.winner === null) continue;
    const own = answered(report).filter(({ member }) => member === verdict.winner);
    if (!own.some(({ text }) => text === report.answer)) fail("the answer is not what the winner said");
  }
}

/** No substance for what was asked: padding never has any, an opener may be a fine short answer elsewhere. */
const isHollow = (run: PlayedRun, call: NetCall): boolean =>
  call.plan.answer?.degenerate === true && (run.plan.answerType === "text" || call.plan.fault === "padding");

/** What the far side knows of an answer that arrived: its class of meaning; null = it cannot be told. */
function groupOf(played: Played, run: PlayedRun, outcome: { member: string; hedged_by: string | null; text: string }): number | null {
  const call = seatCalls(played, run).find(
    (one) => one.member === (outcome.hedged_by ?? outcome.member) && one.plan.answer?.text.trim() === outcome.text,
  );
  if (call === undefined) return null;
  return isHollow(run, call) ? HOLLOW : (call.plan.answer?.group ?? null);
}
const HOLLOW = -2;

export function majority(played: Played, tally: Tally): void {
  for (const { run, report } of reports(played)) {
    const strategy = run.request?.strategy ?? "";
    const { verdict } = report;
    if (
      verdict === null ||
      ["merge", "rank", "fallback"].includes(strategy) ||
      run.plan.answerType === "json" ||
      run.plan.answerType === "tools"
    )
      continue;
    const voices = new Map<string, Set<number | null>>();
    for (const outcome of answered(report)) {
      const backend = outcome.hedged_by ?? outcome.member;
      voices.set(backend, (voices.get(backend) ?? new Set()).add(groupOf(played, run, outcome)));
    }
    if (
      voices.size < 2 ||
      verdict.weights.some(({ source }) => source === "learned") ||
      answered(report).some(({ hedged_by }) => hedged_by !== null)
    )
      continue;
    const weight = (backend: string): number => verdict.weights.find(({ member }) => member === backend)?.weight ?? 0;
    const total = [...voices.keys()].reduce((sum, backend) => sum + weight(backend), 0);
    const behind = new Map<number, number>();
    for (const [backend, groups] of voices) {
      const [only] = groups;
      if (groups.size === 1 && only !== null && only !== undefined && only >= 0)
        behind.set(only, (behind.get(only) ?? 0) + weight(backend));
    }
    const leading = [...behind].find(([, sum]) => sum > total / 2 + 1e-9);
    if (leading === undefined) continue;
    tally.hold("I12");
    const winners = answered(report).filter(({ member, text }) => member === verdict.winner && text === report.answer);
    if (!winners.some((outcome) => groupOf(played, run, outcome) === leading[0]))
      tally.fail(
        "I12",
        run.plan.index,
        `more than half stood behind class ${leading[0]}, and "${(report.answer ?? "").slice(0, 50)}" won (${verdict.how})`,
      );
  }
}

export function anyAdjudicator(played: Played, tally: Tally): void {
  for (const { run, report } of reports(played)) {
    const asked = unique(judgeCalls(played, run).map(({ member }) => member));
    if (asked.length === 0) continue;
    const fail = (text: string): void => tally.fail("I13", run.plan.index, text);
    tally.hold("I13");
    const { adjudication, verdict } = report;
    if (adjudication === null) {
      fail("adjudicators were asked, and the report knows of none");
      continue;
    }
    const rungs = new Set(adjudication.ladder.map(({ adjudicator }) => adjudicator));
    const relayed = Object.values(played.world.settings.hedge);
    for (const member of asked) if (!rungs.has(member) && !relayed.includes(member)) fail(`${member} was asked, and stands on no rung`);
    const decided = verdict?.how === "picked" || verdict?.how === "merged" || verdict?.how === "ranked";
    if (decided && adjudication.adjudicator === null) fail(`${verdict?.how} by nobody`);
    if (decided && !adjudication.ladder.some((step) => step.adjudicator === adjudication.adjudicator && step.result === "ruled"))
      fail("the rung that decided is not on the ladder");
    if (verdict !== null && verdict.confidence !== null && !(verdict.confidence >= 0 && verdict.confidence <= 1))
      fail(`a confidence of ${verdict.confidence}`);
  }
}

/** Whom a reply names, by a reading of its plain JSON alone; undefined = not so plain. */
function namedBy(call: NetCall, prompt: ReadPrompt): string | null | undefined {
  const text = call.plan.answer?.text ?? "";
  if (call.ended !== "done" || !/^\{"reason":"as I see it","winner":"[A-Za-z]+"\}$/.test(text)) return undefined;
  const { winner } = JSON.parse(text) as { winner: string };
  return prompt.candidates.find(({ label }) => label === winner)?.text ?? null;
}

export function orderAgreement(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    if (run.request?.orders !== 2 || !["pick", "auto", "cascade"].includes(run.request.strategy)) continue;
    const groups = new Map<string, { call: NetCall; prompt: ReadPrompt }[]>();
    for (const call of judgeCalls(played, run)) {
      const prompt = readPrompt(call.text);
      if (prompt?.task === "name") groups.set(call.member, [...(groups.get(call.member) ?? []), { call, prompt }]);
    }
    for (const [judge, asked] of groups) {
      const [first, second] = asked;
      if (first === undefined || second === undefined || asked.length !== 2) {
        const decided = run.report?.verdict?.how === "picked" && run.report.adjudication?.adjudicator === judge;
        if (asked.length === 1 && decided) tally.fail("I14", run.plan.index, `${judge} picked in one order only`);
        continue;
      }
      tally.hold("I14");
      const shown = first.prompt.candidates.map(({ text }) => text);
      const reversed = second.prompt.candidates.map(({ text }) => text).toReversed();
      if (shown.some((text, place) => text !== reversed[place]))
        tally.fail("I14", run.plan.index, "the second order is not the reverse of the first");
      countPlaces(run, shown, tally);
      const { report } = run;
      const names = [namedBy(first.call, first.prompt), namedBy(second.call, second.prompt)];
      if (report?.verdict?.how !== "picked" || report.adjudication?.adjudicator !== judge || names.includes(undefined)) continue;
      if (names[0] === null || names[0] !== names[1])
        tally.fail("I14", run.plan.index, `${judge} picked, though its two orders name different candidates`);
    }
  }
}

/** Where each candidate came to stand, against its own place in the panel. */
function countPlaces({ report }: PlayedRun, shown: string[], tally: Tally): void {
  if (report === null) return;
  const texts = answered(report).map(({ text }) => text);
  const own = texts.filter((text) => shown.includes(text));
  if (unique(own).length !== own.length || own.length !== shown.length || unique(shown).length !== shown.length) return;
  for (const [place, text] of shown.entries()) tally.place(shown.length, own.indexOf(text), place);
}

const unescape = (text: string): string =>
  text.replace(/⟦U\+([0-9A-F]{4,6})⟧/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));

export function framing(played: Played, tally: Tally): void {
  const seen = new Set<string>();
  for (const run of played.runs) {
    const fail = (text: string): void => tally.fail("I15", run.plan.index, text);
    const messages = run.request?.messages ?? [];
    for (const call of judgeCalls(played, run)) {
      tally.hold("I15");
      const prompt = readPrompt(call.text);
      if (prompt === null || prompt.tokens.length !== 1) {
        fail(`a prompt with ${prompt?.tokens.length ?? 0} fences`);
        continue;
      }
      const { token, candidates, question, task, strays } = prompt;
      if (strays > 0) fail(`${strays} lines of a text stand unmarked`);
      // one call may go over two connections
      const body = `${token} ${call.member}`;
      if ([...seen].some((known) => known.startsWith(token) && known !== body)) fail("two prompts share a fence");
      seen.add(body);
      const inside = [question, ...candidates.map(({ text }) => text)];
      if (inside.some((text) => text.includes(token))) fail("the fence stands inside a text");
      const labels = candidates.map(({ label }) => label).join("");
      if (!"ABCDEFGHIJKLMNOPQRSTUVWXYZ".startsWith(labels) || candidates.length < 2) fail(`labels ${labels}`);
      if (run.plan.answerType === "tools" || run.report === null) continue;
      const texts = new Set(answered(run.report).map(({ text }) => text));
      for (const candidate of candidates)
        if (candidate.whole && !texts.has(unescape(candidate.text))) fail(`a candidate was shown as "${candidate.text.slice(0, 60)}"`);
      const [only] = messages;
      const isWhole = messages.length === 1 && !call.text.includes("characters left out]");
      if (isWhole && unescape(question) !== only?.content) fail("the question was changed");
      if (task === "merge" && !call.text.includes(JSON.stringify(PROMPTS.merge.system).slice(1, -1)))
        fail("a merge without its instructions");
    }
  }
}

export function degenerate(played: Played, tally: Tally): void {
  for (const { run, report } of reports(played)) {
    const empty = new Set(seatCalls(played, run).flatMap((call) => (isHollow(run, call) ? [call.plan.answer?.text.trim() ?? ""] : [])));
    const real = answered(report).filter(({ text }) => !empty.has(text));
    if (empty.size === 0 || real.length === 0 || real.length === answered(report).length || run.request?.strategy === "fallback") continue;
    tally.hold("I16");
    if (report.answer !== null && empty.has(report.answer))
      tally.fail("I16", run.plan.index, `"${report.answer.slice(0, 40)}" won beside a real answer`);
    for (const member of report.verdict?.supporters ?? []) {
      const own = answered(report).filter((outcome) => outcome.member === member);
      if (own.every(({ text }) => empty.has(text))) tally.fail("I16", run.plan.index, `${member} supports without substance`);
    }
  }
}

/** Links, addresses, numbers and code, by the plainest of readings. */
function extract(text: string): string[] {
  return [
    ...[...text.matchAll(/https?:\/\/[^\s)>\]"'`]+/g)].map(([url]) => url.replace(/[.,;:!?]+$/, "")),
    ...[...text.matchAll(/[\w.]+@[\w.]+\w/g)].map(([address]) => address),
    ...[...text.matchAll(/\d+/g)].map(([number]) => number),
    ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? ""),
  ];
}

export function provenance(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const merges = judgeCalls(played, run).filter((call) => readPrompt(call.text)?.task === "merge");
    if (merges.length === 0 || run.report === null) continue;
    tally.hold("I17");
    if (run.report.verdict?.how !== "merged") continue;
    const sources = answered(run.report)
      .map(({ text }) => text)
      .join("\n");
    for (const piece of extract(run.report.answer ?? ""))
      if (!sources.includes(piece)) tally.fail("I17", run.plan.index, `the merge brings in "${piece}"`);
  }
}
