/** The page's own script: asks by `POST /consensus`, shows members as they arrive, then the verdict. Runs in a browser alone; what models say becomes text nodes, never markup. */
import { createReader, type Fields, list, seconds, share, summary, type Told, visible, words } from "./told.ts";

const need = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`) as E;
const say = (id: string, text: string): void => void (need(id).textContent = visible(text));
function make(name: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = visible(text);
  return made;
}

let simulated = false;
/** the run that is under way */
let leave: AbortController | null = null;
/** by member and sample */
const cards = new Map<string, HTMLElement>();
/** by provider */
const plugs = new Map<string, HTMLElement>();

/** The key lives in this tab alone. */
async function call(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
  const all = new Headers(headers);
  const key = sessionStorage.getItem("key");
  if (key !== null) all.set("authorization", `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers: all });
  if (response.status === 401) {
    need("unlock").hidden = false;
    need("key").focus();
  }
  return response;
}

function refused({ title, detail, type, errors }: Fields): void {
  const fields = (list(errors) as Fields[]).map(({ pointer, message }) => `${words(pointer)} ${words(message)}`);
  say("state", `${words(title)}: ${fields.length > 0 ? fields.join(", ") : words(detail)}.`);
  const path = words(type);
  if (!/^\/problems\/[a-z-]{1,40}$/.test(path)) return;
  const link = document.createElement("a");
  link.href = path;
  link.textContent = "What to do";
  need("state").append(" ", link);
}

function plugOf(provider: string): HTMLElement {
  const known = plugs.get(provider);
  if (known) return known;
  const button = make("button", "", "Pull the plug");
  let pulled = false;
  button.addEventListener("click", async () => {
    const body = JSON.stringify({ fault: pulled ? null : "503" });
    const response = await call(`/simulator/${provider}`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (response.ok) pulled = !pulled;
    button.textContent = pulled ? "Put it back" : "Pull the plug";
  });
  plugs.set(provider, button);
  return button;
}

/** One card a seat; a member has its card before its first outcome. */
function show(member: string, sample: number, state: string, note: string, said = ""): void {
  const name = `${member} ${sample}`;
  const card = cards.get(name) ?? make("li", "");
  const head = make("div", "head");
  head.append(make("strong", "", member), make("span", "small", note));
  if (simulated && sample === 1) head.append(plugOf(member.slice(0, member.indexOf("/"))));
  card.className = state;
  card.replaceChildren(head, ...(said === "" ? [] : [make("pre", "said", said)]));
  if (!cards.has(name)) need("members").append(card);
  cards.set(name, card);
}
function clear(): void {
  cards.clear();
  for (const id of ["members", "losses"]) need(id).replaceChildren();
  for (const id of ["text", "how", "state"]) say(id, "");
  for (const id of ["verdict", "shown"]) need(id).hidden = true;
}

async function openReport(id: string): Promise<void> {
  const response = await call(`/reports/${id}`, { headers: { accept: "text/markdown" } });
  if (!response.ok) return refused((await response.json()) as Fields);
  say("report", await response.text());
  need("shown").hidden = false;
  need("shown").scrollIntoView();
}
function reportButton(id: string, text: string): HTMLElement {
  const button = make("button", "", text);
  button.addEventListener("click", () => void openReport(id));
  return button;
}
function runRow({ id, created_at, how, status, excerpt }: Fields): HTMLElement {
  const item = make("li", "");
  item.append(reportButton(words(id), [words(created_at).slice(0, 19), words(how ?? status), words(excerpt)].join(" · ")));
  return item;
}
async function listRuns(): Promise<void> {
  const response = await call("/reports?limit=8");
  if (response.ok) need("runs").replaceChildren(...(list(((await response.json()) as Fields)["data"]) as Fields[]).map(runRow));
}
async function showPanel(): Promise<void> {
  const response = await call("/status");
  if (!response.ok) return;
  const status = (await response.json()) as Fields;
  simulated = status["simulated"] === true;
  need("simulated").hidden = !simulated;
  for (const { member, local, breaker } of list(status["members"]) as Fields[]) {
    const state = words((breaker as Fields)["state"]);
    show(words(member), 1, "", `${local ? "local" : "remote"}${state === "closed" ? "" : `, circuit ${state}`}`);
  }
  await listRuns();
}

function ended(report: Fields): void {
  say("text", words(report["answer"]) || JSON.stringify(report["tool_calls"]));
  say("how", summary(report));
  need("how").append(" ", reportButton(words(report["id"]), "Report"));
  need("verdict").hidden = false;
  const losses = list(report["degradations"]) as Fields[];
  const loss = ({ code, member, detail }: Fields): HTMLElement =>
    make("li", "", [words(code), words(member), words(detail)].filter((part) => part !== "").join(" · "));
  need("losses").replaceChildren(...losses.map(loss));
  const winner = words((report["verdict"] as Fields | null)?.["winner"]);
  for (const [name, card] of cards) card.classList.toggle("winner", winner !== "" && name.startsWith(`${winner} `));
  say("state", report["status"] === "complete" ? "Complete." : "Degraded: something was lost on the way.");
}
function arrived({ member, sample, status, reason, detail, text, latency_ms }: Fields): void {
  const isAnswer = status === "answered";
  show(words(member), Number(sample), words(status), isAnswer ? seconds(latency_ms) : words(reason), words(isAnswer ? text : detail));
}
/** true = this was the last event of its run */
function tell({ event, data }: Told): boolean {
  if (event === "run-start") for (const member of list(data["members"])) show(words(member), 1, "waiting", "asked");
  if (event === "candidate-arrived" || event === "member-dropped") arrived(data);
  if (event === "agreement-measured") say("state", `Agreement ${share(data["agreement"])}. Deciding …`);
  if (event === "answer-delta") {
    need("verdict").hidden = false;
    need("text").append(visible(words(data["text"])));
  }
  if (event === "run-end") ended(data);
  if (event === "error") refused(data);
  return event === "run-end" || event === "error";
}

const question = (): Fields => ({
  prompt: need<HTMLTextAreaElement>("prompt").value,
  strategy: need<HTMLSelectElement>("strategy").value,
  answer: { type: need<HTMLSelectElement>("answer").value },
  ...(need<HTMLInputElement>("local").checked ? { privacy: "local-only" } : {}),
});
async function run(signal: AbortSignal): Promise<void> {
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const response = await call("/consensus", { method: "POST", headers, body: JSON.stringify(question()), signal });
  if (!response.ok || response.body === null) return refused((await response.json()) as Fields);
  let whole = false;
  const read = createReader((told) => (whole = tell(told) || whole));
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) read(decoder.decode(step.value, { stream: true }));
  if (!whole) say("state", "The connection broke before the end, and the run with it.");
}
async function ask(): Promise<void> {
  if (leave !== null) return;
  const { signal } = (leave = new AbortController());
  clear();
  say("state", "Asking …");
  need("stop").hidden = false;
  need<HTMLButtonElement>("go").disabled = true;
  await run(signal).catch(() => say("state", signal.aborted ? "Stopped." : "The service cannot be reached."));
  leave = null;
  for (const card of cards.values()) card.classList.remove("waiting");
  need("stop").hidden = true;
  need<HTMLButtonElement>("go").disabled = false;
  await listRuns().catch(() => {});
}

function start(): void {
  need("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  need("stop").addEventListener("click", () => leave?.abort());
  need("prompt").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) need<HTMLFormElement>("ask").requestSubmit();
  });
  need("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("key", need<HTMLInputElement>("key").value.trim());
    need<HTMLInputElement>("key").value = "";
    need("unlock").hidden = true;
    void showPanel();
  });
  void showPanel();
}

start();
