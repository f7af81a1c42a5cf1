/** `GET /reports/{id}/events`: the events of a stored run once more, from where a reader lost them. Real runs in front of simulated providers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsAfter } from "../../src/consensus/replay.ts";
import { openStage, type Stage } from "../clients/kit.ts";
import { reportOf } from "./kit.ts";

let stage: Stage;
beforeAll(async () => {
  // far enough apart that the order of arrival is no matter of a millisecond
  stage = await openStage({}, { listedModelsOnly: false, latencyMs: { together: 5, groq: 60, ollama: 120 } });
});
afterAll(() => stage.close());

interface Frame {
  id: number;
  type: string;
  data: Record<string, unknown>;
}
const framesOf = (text: string): Frame[] =>
  text
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [id = "", type = "", data = ""] = block.split("\n");
      return { id: Number(id.slice(4)), type: type.slice(7), data: JSON.parse(data.slice(6)) as Frame["data"] };
    });

async function live(body: object): Promise<{ id: string; frames: Frame[] }> {
  const response = await fetch(`${stage.url}/consensus`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ stop: "all", ...body }),
  });
  return { id: response.headers.get("consensus-report") ?? "", frames: framesOf(await response.text()) };
}
async function again(id: string, last?: number | string): Promise<{ status: number; frames: Frame[] }> {
  const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": String(last) };
  const response = await fetch(`${stage.url}/reports/${id}/events`, { headers });
  return { status: response.status, frames: framesOf(await response.text()) };
}
let series = 0;
const panelOf = (): string[] => {
  series += 1;
  return [`together/meta-llama/m${series}`, `groq/openai/m${series}`, `ollama/m${series}`];
};
const typesOf = (frames: Frame[]): string[] => frames.map(({ type }) => type);

test.each([
  ["a counted number", { prompt: "What is 17 + 25?", answer: { type: "number" } }],
  ["a picked text", { prompt: "Why is the sky blue?", strategy: "pick" }],
  ["a merged text", { prompt: "Why is the sky blue?", strategy: "merge" }],
])("%s is told again event by event, under the same ids, from anywhere", async (_, body) => {
  const { id, frames } = await live({ ...body, panel: panelOf() });
  expect(typesOf(frames).at(-1)).toBe("run-end");
  expect(await again(id)).toEqual({ status: 200, frames });
  for (const { id: last } of frames.slice(0, -1)) expect((await again(id, last)).frames).toEqual(frames.slice(last));
  expect(await again(id, frames.length)).toEqual({ status: 204, frames: [] });
  expect((await again(id, "not-a-number")).frames).toEqual(frames);
});

test("a member that dropped out is told again in its place", async () => {
  await stage.simulator.fault("groq", "401");
  const { id, frames } = await live({ prompt: "What is 17 + 25?", answer: { type: "number" }, panel: panelOf() });
  await stage.simulator.fault("groq", null);
  expect(typesOf(frames)).toContain("member-dropped");
  expect((await again(id)).frames).toEqual(frames);
});

/** Members that ended in one millisecond are told in panel order afterwards: which of them came first is not compared. */
const inPanelOrder = (frames: Frame[]): object[] =>
  frames.map(({ type, data }) => ({ type, data })).toSorted((a, b) => Number(a.data["seat"] ?? 0) - Number(b.data["seat"] ?? 0));

test("a run that failed ends in its error again, with the report", async () => {
  await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, "401")));
  const { id, frames } = await live({ prompt: "hi", panel: panelOf() });
  await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, null)));
  const told = (await again(id)).frames;
  const plain = (frame: Frame | undefined): unknown => ({ ...frame, data: { ...frame?.data, request_id: "", instance: "" } });
  expect(typesOf(frames).at(-1)).toBe("error");
  expect(inPanelOrder(told.slice(0, -1))).toEqual(inPanelOrder(frames.slice(0, -1)));
  expect(plain(told.at(-1))).toEqual(plain(frames.at(-1)));
});

test("a single seat that was lost among its pieces comes to the same end", async () => {
  const { id, frames } = await live({ prompt: "Why is the sky blue?", panel: panelOf().slice(1, 2) });
  const pieces = frames.filter(({ type }) => type === "answer-delta");
  const [first] = pieces;
  expect(pieces.length).toBeGreaterThan(1);
  const before = (first?.id ?? 0) - 1;
  expect((await again(id)).frames.slice(0, before)).toEqual(frames.slice(0, before));
  const lost = pieces[1]?.id ?? 0;
  const rest = (await again(id, lost)).frames;
  const after = frames.slice((pieces.at(-1)?.id ?? 0) as number);
  expect(rest.map(({ type, data }) => ({ type, data }))).toEqual(after.map(({ type, data }) => ({ type, data })));
  expect(rest.map((frame) => frame.id)).toEqual(rest.map((_, index) => lost + 1 + index));
});

test("an unknown run has no events", async () => {
  expect((await again(`run_${"0".repeat(32)}`)).status).toBe(404);
});

test("a report without texts tells who came, and the share that agreed", () => {
  const verdict = {
    how: "agreed" as const,
    winner: "groq/a",
    supporters: ["groq/a"],
    agreement: 1,
    confidence: null,
    rationale: null,
    dissents: [],
    weights: [],
  };
  const told = eventsAfter(reportOf({ answer: "", value: null, verdict }), 0, "req_1").map(({ event }) => event);
  expect(told.map(({ type }) => type)).toEqual(["run-start", "agreement-measured", "verdict-reached", "run-end"]);
  expect(told[1]).toEqual({ type: "agreement-measured", data: { agreement: 1, classes: [] } });
});
