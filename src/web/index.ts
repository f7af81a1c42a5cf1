/** The page, generated from the files beside this one by `node src/web/generate.ts`; never edit it by hand. */
/* oxlint-disable max-lines */

export const PAGE_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Gekro Consensus</title>
    <link rel="stylesheet" href="/page.css" />
    <script type="module" src="/page.js"></script>
  </head>
  <body>
    <header>
      <h1>Gekro Consensus</h1>
      <p>Asks several language models the same thing, counts what can be counted, and hands back one answer with an honest report.</p>
      <p id="simulated" class="note" hidden>
        Everything here is simulated: the models can add, what else they say is made up. Pull a plug below, and ask again.
      </p>
    </header>
    <main>
      <form id="unlock" hidden>
        <label for="key">This service asks for a key</label>
        <div class="row"><input id="key" type="password" autocomplete="off" spellcheck="false" required /><button>Use it</button></div>
        <p class="small">It stays in this tab until the tab is closed.</p>
      </form>
      <form id="ask">
        <label for="prompt">Question</label>
        <textarea id="prompt" rows="4" required placeholder="What is 17 + 25?"></textarea>
        <div class="row">
          <label
            >Strategy
            <select id="strategy">
              <option>auto</option>
              <option>vote</option>
              <option>pick</option>
              <option>merge</option>
              <option>rank</option>
              <option>cascade</option>
              <option>fallback</option>
            </select></label
          >
          <label
            >Answer
            <select id="answer">
              <option>text</option>
              <option>number</option>
              <option>exact</option>
              <option>json</option>
            </select></label
          >
          <label><input id="local" type="checkbox" /> only what runs locally</label>
          <span class="push"></span>
          <button id="stop" type="button" hidden>Stop</button>
          <button id="go" class="main">Ask</button>
        </div>
      </form>
      <noscript
        ><p class="note">
          This page needs its script. Without it: <code>curl -s /consensus -H 'content-type: application/json' -d '{"prompt":"…"}'</code>
        </p></noscript
      >
      <p id="state" role="status"></p>
      <section id="verdict" hidden>
        <h2>Answer</h2>
        <pre id="text"></pre>
        <p id="how" class="small"></p>
        <ul id="losses"></ul>
      </section>
      <section>
        <h2>Members</h2>
        <ul id="members"></ul>
      </section>
      <section id="shown" hidden>
        <h2>Report</h2>
        <pre id="report"></pre>
      </section>
      <section>
        <h2>Earlier runs</h2>
        <ul id="runs"></ul>
      </section>
    </main>
    <footer>
      <a href="/docs">Contract</a> <a href="/openapi.json">OpenAPI</a> <a href="/problems">Problems</a> <a href="/status">Status</a>
      <a href="/metrics">Metrics</a> <a href="/reports">Reports</a>
    </footer>
  </body>
</html>
`;

export const PAGE_CSS = `:root {
  color-scheme: light dark;
  --line: color-mix(in srgb, currentColor 18%, transparent);
  --soft: color-mix(in srgb, currentColor 6%, transparent);
  --good: #1a7f4b;
  --bad: #b3402e;
  --wait: #8a6d1d;
  --key: #2b5fb8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --good: #4cc38a;
    --bad: #f2826f;
    --wait: #d9b44a;
    --key: #7aa7f5;
  }
}
* {
  box-sizing: border-box;
}
body {
  max-width: 54rem;
  margin: 2rem auto;
  padding: 0 1rem;
  font:
    1rem/1.5 system-ui,
    sans-serif;
}
h1 {
  margin: 0;
  font-size: 1.6rem;
}
h2 {
  margin: 1.5rem 0 0.4rem;
  font-size: 1rem;
}
header p {
  margin: 0.25rem 0;
}
pre,
code {
  font:
    0.92em/1.5 ui-monospace,
    monospace;
}
pre {
  margin: 0;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
[hidden] {
  display: none !important;
}
form {
  margin: 1rem 0;
  padding: 1rem;
  border: 1px solid var(--line);
  border-radius: 0.6rem;
}
textarea,
input[type="password"] {
  width: 100%;
  padding: 0.5rem;
  font: inherit;
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  background: transparent;
  color: inherit;
}
textarea {
  resize: vertical;
}
select,
button {
  padding: 0.35rem 0.7rem;
  font: inherit;
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  background: var(--soft);
  color: inherit;
}
button {
  cursor: pointer;
}
button.main {
  border-color: var(--key);
  background: var(--key);
  color: Canvas;
  font-weight: 600;
}
button:disabled {
  opacity: 0.5;
  cursor: default;
}
:focus-visible {
  outline: 2px solid var(--key);
  outline-offset: 2px;
}
.row {
  display: flex;
  flex-wrap: wrap;
  gap: 0.6rem 1rem;
  align-items: center;
  margin-top: 0.6rem;
}
.row input[type="password"] {
  flex: 1;
}
.push {
  flex: 1;
}
.small,
footer {
  font-size: 0.88rem;
  opacity: 0.8;
}
.note {
  padding: 0.4rem 0.7rem;
  border-left: 3px solid var(--wait);
  background: var(--soft);
}
#text {
  padding: 0.8rem 1rem;
  border: 1px solid var(--good);
  border-radius: 0.6rem;
  font-size: 1rem;
}
#losses {
  margin: 0.3rem 0;
  padding-left: 1.2rem;
  font-size: 0.88rem;
  color: var(--bad);
}
#members,
#runs {
  display: grid;
  gap: 0.5rem;
  margin: 0;
  padding: 0;
  list-style: none;
  grid-template-columns: minmax(0, 1fr);
}
#members li {
  padding: 0.5rem 0.8rem;
  border: 1px solid var(--line);
  border-left: 4px solid var(--line);
  border-radius: 0.5rem;
}
#members li.waiting {
  border-left-color: var(--wait);
}
#members li.answered {
  border-left-color: var(--good);
}
#members li.dropped {
  border-left-color: var(--bad);
}
#members li.winner {
  background: var(--soft);
}
.head {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 0.8rem;
  align-items: baseline;
}
.head strong {
  overflow-wrap: anywhere;
}
.head button {
  margin-left: auto;
  padding: 0.1rem 0.5rem;
  font-size: 0.8rem;
}
.said {
  max-height: 12rem;
  overflow: auto;
}
#runs button {
  width: 100%;
  text-align: left;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
footer {
  display: flex;
  flex-wrap: wrap;
  gap: 1rem;
  margin-top: 2rem;
  padding-top: 0.8rem;
  border-top: 1px solid var(--line);
}
@media (prefers-reduced-motion: no-preference) {
  #members li.waiting {
    animation: wait 1.4s ease-in-out infinite alternate;
  }
  @keyframes wait {
    to {
      border-left-color: var(--line);
    }
  }
}
`;

export const PAGE_JS = `/** The page's own script: asks by \`POST /consensus\`, shows members as they arrive, then the verdict. Runs in a browser alone; what models say becomes text nodes, never markup. */
import { createReader,              list, seconds, share, summary,            visible, words } from "/told.js";

const need =                        (id        )    => document.querySelector   (\`#\${id}\`)     ;
const say = (id        , text        )       => void (need(id).textContent = visible(text));
function make(name        , className        , text = "")              {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = visible(text);
  return made;
}

let simulated = false;
/** the run that is under way */
let leave                         = null;
/** by member and sample */
const cards = new Map                     ();
/** by provider */
const plugs = new Map                     ();

/** The key lives in this tab alone. */
async function call(path        , { headers, ...init }              = {})                    {
  const all = new Headers(headers);
  const key = sessionStorage.getItem("key");
  if (key !== null) all.set("authorization", \`Bearer \${key}\`);
  const response = await fetch(path, { ...init, headers: all });
  if (response.status === 401) {
    need("unlock").hidden = false;
    need("key").focus();
  }
  return response;
}

function refused({ title, detail, type, errors }        )       {
  const fields = (list(errors)            ).map(({ pointer, message }) => \`\${words(pointer)} \${words(message)}\`);
  say("state", \`\${words(title)}: \${fields.length > 0 ? fields.join(", ") : words(detail)}.\`);
  const path = words(type);
  if (!/^\\/problems\\/[a-z-]{1,40}$/.test(path)) return;
  const link = document.createElement("a");
  link.href = path;
  link.textContent = "What to do";
  need("state").append(" ", link);
}

function plugOf(provider        )              {
  const known = plugs.get(provider);
  if (known) return known;
  const button = make("button", "", "Pull the plug");
  let pulled = false;
  button.addEventListener("click", async () => {
    const body = JSON.stringify({ fault: pulled ? null : "503" });
    const response = await call(\`/simulator/\${provider}\`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (response.ok) pulled = !pulled;
    button.textContent = pulled ? "Put it back" : "Pull the plug";
  });
  plugs.set(provider, button);
  return button;
}

/** One card a seat; a member has its card before its first outcome. */
function show(member        , sample        , state        , note        , said = "")       {
  const name = \`\${member} \${sample}\`;
  const card = cards.get(name) ?? make("li", "");
  const head = make("div", "head");
  head.append(make("strong", "", member), make("span", "small", note));
  if (simulated && sample === 1) head.append(plugOf(member.slice(0, member.indexOf("/"))));
  card.className = state;
  card.replaceChildren(head, ...(said === "" ? [] : [make("pre", "said", said)]));
  if (!cards.has(name)) need("members").append(card);
  cards.set(name, card);
}
function clear()       {
  cards.clear();
  for (const id of ["members", "losses"]) need(id).replaceChildren();
  for (const id of ["text", "how", "state"]) say(id, "");
  for (const id of ["verdict", "shown"]) need(id).hidden = true;
}

async function openReport(id        )                {
  const response = await call(\`/reports/\${id}\`, { headers: { accept: "text/markdown" } });
  if (!response.ok) return refused((await response.json())          );
  say("report", await response.text());
  need("shown").hidden = false;
  need("shown").scrollIntoView();
}
function reportButton(id        , text        )              {
  const button = make("button", "", text);
  button.addEventListener("click", () => void openReport(id));
  return button;
}
function runRow({ id, created_at, how, status, excerpt }        )              {
  const item = make("li", "");
  item.append(reportButton(words(id), [words(created_at).slice(0, 19), words(how ?? status), words(excerpt)].join(" · ")));
  return item;
}
async function listRuns()                {
  const response = await call("/reports?limit=8");
  if (response.ok) need("runs").replaceChildren(...(list(((await response.json())          )["data"])            ).map(runRow));
}
async function showPanel()                {
  const response = await call("/status");
  if (!response.ok) return;
  const status = (await response.json())          ;
  simulated = status["simulated"] === true;
  need("simulated").hidden = !simulated;
  for (const { member, local, breaker } of list(status["members"])            ) {
    const state = words((breaker          )["state"]);
    show(words(member), 1, "", \`\${local ? "local" : "remote"}\${state === "closed" ? "" : \`, circuit \${state}\`}\`);
  }
  await listRuns();
}

function ended(report        )       {
  say("text", words(report["answer"]) || JSON.stringify(report["tool_calls"]));
  say("how", summary(report));
  need("how").append(" ", reportButton(words(report["id"]), "Report"));
  need("verdict").hidden = false;
  const losses = list(report["degradations"])            ;
  const loss = ({ code, member, detail }        )              =>
    make("li", "", [words(code), words(member), words(detail)].filter((part) => part !== "").join(" · "));
  need("losses").replaceChildren(...losses.map(loss));
  const winner = words((report["verdict"]                 )?.["winner"]);
  for (const [name, card] of cards) card.classList.toggle("winner", winner !== "" && name.startsWith(\`\${winner} \`));
  say("state", report["status"] === "complete" ? "Complete." : "Degraded: something was lost on the way.");
}
function arrived({ member, sample, status, reason, detail, text, latency_ms }        )       {
  const isAnswer = status === "answered";
  show(words(member), Number(sample), words(status), isAnswer ? seconds(latency_ms) : words(reason), words(isAnswer ? text : detail));
}
/** true = this was the last event of its run */
function tell({ event, data }      )          {
  if (event === "run-start") for (const member of list(data["members"])) show(words(member), 1, "waiting", "asked");
  if (event === "candidate-arrived" || event === "member-dropped") arrived(data);
  if (event === "agreement-measured") say("state", \`Agreement \${share(data["agreement"])}. Deciding …\`);
  if (event === "answer-delta") {
    need("verdict").hidden = false;
    need("text").append(visible(words(data["text"])));
  }
  if (event === "run-end") ended(data);
  if (event === "error") refused(data);
  return event === "run-end" || event === "error";
}

const question = ()         => ({
  prompt: need                     ("prompt").value,
  strategy: need                   ("strategy").value,
  answer: { type: need                   ("answer").value },
  ...(need                  ("local").checked ? { privacy: "local-only" } : {}),
});
async function run(signal             )                {
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const response = await call("/consensus", { method: "POST", headers, body: JSON.stringify(question()), signal });
  if (!response.ok || response.body === null) return refused((await response.json())          );
  let whole = false;
  const read = createReader((told) => (whole = tell(told) || whole));
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) read(decoder.decode(step.value, { stream: true }));
  if (!whole) say("state", "The connection broke before the end, and the run with it.");
}
async function ask()                {
  if (leave !== null) return;
  const { signal } = (leave = new AbortController());
  clear();
  say("state", "Asking …");
  need("stop").hidden = false;
  need                   ("go").disabled = true;
  await run(signal).catch(() => say("state", signal.aborted ? "Stopped." : "The service cannot be reached."));
  leave = null;
  for (const card of cards.values()) card.classList.remove("waiting");
  need("stop").hidden = true;
  need                   ("go").disabled = false;
  await listRuns().catch(() => {});
}

function start()       {
  need("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  need("stop").addEventListener("click", () => leave?.abort());
  need("prompt").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) need                 ("ask").requestSubmit();
  });
  need("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("key", need                  ("key").value.trim());
    need                  ("key").value = "";
    need("unlock").hidden = true;
    void showPanel();
  });
  void showPanel();
}

start();
`;

export const TOLD_JS = `/** What the page makes of a run: events out of a stream, words out of fields. Touches no document. */







/** Controls but tab and line feed, bidi and invisible characters, lone surrogates: shown as what they are. */
const UNSEEN = /(?![\\t\\n])[\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029]/gu;
export const visible = (text        )         =>
  text.replace(UNSEEN, (character) => \`⟨U+\${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩\`);

export const words = (value         )         => (value == null ? "" : String(value));
export const list = (value         )            => (Array.isArray(value) ? value : []);
export const seconds = (ms         )         => \`\${(Number(ms) / 1000).toFixed(2)} s\`;
export const share = (part         )         => (typeof part === "number" ? part.toFixed(2) : "unknown");

/** Puts events together out of a text that comes in pieces; comments are passed over. */
export function createReader(tell                      )                          {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\\n\\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name        )           =>
        block.split("\\n").flatMap((line) => (line.startsWith(\`\${name}: \`) ? [line.slice(name.length + 2)] : []));
      const [event] = field("event");
      if (event !== undefined) tell({ event, data: JSON.parse(field("data").join("\\n"))           });
    }
  };
}

/** How the verdict came about, in one line. */
export function summary({ verdict, mode, cost_usd, timing_ms, usage }        )         {
  const { how, winner, agreement, supporters } = (verdict ?? {})          ;
  const cost = (cost_usd          )["total"];
  return [
    \`\${words(how)}\${winner ? \`, in the words of \${words(winner)}\` : ""}\`,
    \`agreement \${share(agreement)}, \${list(supporters).length} behind it\`,
    mode === "consensus" ? "" : words(mode),
    \`\${words((usage          )["calls"])} calls\`,
    cost === null ? "cost unknown" : \`$\${Number(Number(cost).toPrecision(3))}\`,
    seconds((timing_ms          )["total"]),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
`;
