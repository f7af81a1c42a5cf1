/** Reads explicit decisions ("Therefore, Output (a) is better.") out of a judge's prose, sentence by sentence; a mere mention is never one. */

/** A decision at a place of the text; `label` is an upper-case letter, null = says that nobody wins. */
export interface ProseDecision {
  at: number;
  label: string | null;
}
type Token = { kind: "mention"; label: string } | { kind: "word"; word: string };

/** What a label may be called; others would take "Option A" of the question for a candidate. */
export type Noun = "output" | "assistant" | "response" | "candidate" | "answer" | "label";
/** A noun with one letter, or one word, or one mark; every repetition is bounded or taken whole, so the scan is linear. */
const tokenPattern = (nouns: Noun[]): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${nouns.join("|")})[ \\u00a0]{0,2}([("'*\\[]{0,4})([A-Za-z])([)"'*\\]]{0,4})(?![\\p{L}\\p{N}\\p{M}])|[\\p{L}\\p{N}\\p{M}'’]+|[^\\s*_\`]`,
    "giu",
  );
const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));
const DECIDING = set("better best superior winner preferable preferred favored favoured");
const COPULA = set("is was remains be");
const SKIPPED = set(
  "the a an my our much far bit little still also indeed overall clear more slight in fact hence thus considered judged deemed even",
);
const FOLLOWING = set(
  ". ! , ; : ) ] because since as than and due overall given output response answer option one choice solution candidate here of",
);
const ASPECTS = set("in at by");
/** "better in accurately following it" is about the whole task, "better in tone" about a part of it. */
const isTask = (word: string): boolean => TASK.has(word) || word.endsWith("ing") || word.endsWith("ly");
const TASK = set("this that my general every all both");
const OWNED = set("answer response output solution explanation summary version");
const NEGATIONS = set("neither nor not no whether unless cannot can't don't doesn't never hardly if");
const BOUNDARIES = set(", ; : so but while whereas because since hence therefore however and");
const NAMING = set(
  "better best superior winner preferred verdict decision choice judgment judgement conclusion preference pick ruling selection answer",
);
const CHOOSING = set("choose chose prefer select selected pick picked favor favour recommend");
const CONCEDING = set("although though while whilst even despite");
const ENDS = set(". ! , ; ) because since as due over");
/** A sentence without any of these decides nothing: most are passed over quickly. */
const DECIDES =
  /better|best|superior|winner|prefer|favou?r|wins|verdict|decision|choice|choose|chose|conclusion|select|ruling|judge?ment|pick|recommend|answer|neither|equally/i;
/** Characters of one sentence that are looked at, counted from its end. */
const WINDOW = 600;

function tokensOf(sentence: string, pattern: RegExp): Token[] {
  return [...sentence.matchAll(pattern)].map(([whole, open = "", letter, close = ""]): Token => {
    if (letter === undefined) return { kind: "word", word: whole.toLowerCase().replace("’", "'") };
    const enclosed = open !== "" && close !== "";
    // "answer a question", "the answer I gave": an article and a pronoun are no labels
    const named = enclosed || (letter === letter.toUpperCase() && letter !== "I");
    return named ? { kind: "mention", label: letter.toUpperCase() } : { kind: "word", word: whole.toLowerCase() };
  });
}
const wordAt = (tokens: Token[], index: number): string => {
  const token = tokens[index];
  return token?.kind === "word" ? token.word : "";
};
const labelAt = (tokens: Token[], index: number): string | null => {
  const token = tokens[index];
  return token?.kind === "mention" ? token.label : null;
};

/** Whether the clause that leads up to `index` denies or asks what follows. */
function negatedBefore(tokens: Token[], index: number): boolean {
  for (let at = index - 1; at >= 0 && index - at < 40; at -= 1) {
    const word = wordAt(tokens, at);
    if (NEGATIONS.has(word)) return true;
    if (BOUNDARIES.has(word)) return false;
  }
  return false;
}

/** From a copula on: `yes` = "… is clearly the better one", `no` = "… is not better", null = says something else. */
function predicate(tokens: Token[], from: number): "yes" | "no" | null {
  let denied = false;
  for (let at = from; at < tokens.length && at - from < 10; at += 1) {
    const word = wordAt(tokens, at);
    if (DECIDING.has(word)) {
      const next = wordAt(tokens, at + 1);
      const fits = at + 1 >= tokens.length || FOLLOWING.has(next) || (ASPECTS.has(next) && isTask(wordAt(tokens, at + 2)));
      if (!fits) return null;
      return denied ? "no" : "yes";
    }
    if (word === "not" || word === "never") denied = true;
    else if (!SKIPPED.has(word) && !(word.length > 3 && word.endsWith("ly"))) return null;
  }
  return null;
}

/** "X is better", "X's answer is the better one", "X wins", "X stands out as the best". */
function asSubject(tokens: Token[], index: number): "yes" | "no" | null {
  let at = index + 1;
  if (wordAt(tokens, at) === "'s") at += 1;
  if (OWNED.has(wordAt(tokens, at))) at += 1;
  const verb = wordAt(tokens, at);
  if (verb === "wins") return "yes";
  if (verb === "isn't") return predicate(tokens, at + 1) === "yes" ? "no" : null;
  if (verb === "stands" || verb === "emerges" || verb === "comes") {
    while (["stands", "emerges", "comes", "out", "as"].includes(wordAt(tokens, at))) at += 1;
    return predicate(tokens, at);
  }
  if (verb === "would" || verb === "can" || verb === "should") return wordAt(tokens, at + 1) === "be" ? predicate(tokens, at + 2) : null;
  if (verb === "seems" || verb === "appears") return predicate(tokens, at + 1);
  return COPULA.has(verb) ? predicate(tokens, at + 1) : null;
}

/** "the better one is X", "Final verdict: X", "I choose X". */
function asObject(tokens: Token[], index: number): boolean {
  const next = wordAt(tokens, index + 1);
  if (index + 1 < tokens.length && !ENDS.has(next)) return false;
  const before = wordAt(tokens, index - 1);
  if (CHOOSING.has(before) || (before === "the" && CHOOSING.has(wordAt(tokens, index - 2)))) return true;
  if (before !== "is" && before !== ":" && before !== "be") return false;
  for (let at = index - 2; at >= 0 && index - at < 7; at -= 1) if (NAMING.has(wordAt(tokens, at))) return true;
  return false;
}

/** "…, making it the better output", "… and is better": said of the one candidate that the sentence is about. */
function asPronoun(tokens: Token[], subjects: Set<string>): string | null {
  const [only] = subjects;
  if (only === undefined || subjects.size !== 1) return null;
  for (let at = tokens.length - 1; at > 0; at -= 1) {
    const pronoun = wordAt(tokens, at - 1);
    const copula = COPULA.has(wordAt(tokens, at)) && (pronoun === "it" || pronoun === "and");
    const making = wordAt(tokens, at) === "it" && (pronoun === "making" || pronoun === "makes");
    if ((copula || making) && predicate(tokens, at + 1) === "yes" && !negatedBefore(tokens, at - 1)) return only;
  }
  return null;
}

/** `undefined` = the sentence decides nothing. */
function decide(tokens: Token[]): string | null | undefined {
  const words = tokens.map((_, index) => wordAt(tokens, index));
  if (words.at(-1) === "?" || words.includes("if")) return undefined;
  const nobody = words.includes("neither") && words.some((word) => DECIDING.has(word) || word === "considered");
  if (nobody || (words.includes("equally") && words.some((word) => /^(?:good|bad|well|poor|valid|helpful)$/.test(word)))) return null;
  // "Although X is better, …" grants a point and decides nothing before its comma
  const granted = CONCEDING.has(words[0] ?? "") ? words.indexOf(",") : -1;
  let decision: string | null | undefined;
  const subjects = new Set<string>();
  let quotes = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "word") {
      if (token.word === '"' || token.word === "“" || token.word === "”") quotes += 1;
      continue;
    }
    if (quotes % 2 === 1 || index < granted) continue;
    if (!["than", "to", "over", "from"].includes(wordAt(tokens, index - 1))) subjects.add(token.label);
    const negated = negatedBefore(tokens, index);
    const said = asSubject(tokens, index);
    const alternative = ["and", "or", "nor"].includes(wordAt(tokens, index - 1)) && labelAt(tokens, index - 2) !== null;
    if (said === "yes") decision = negated || alternative ? null : token.label;
    else if (said === "no") decision = null;
    else if (!negated && asObject(tokens, index)) decision = token.label;
  }
  return decision === undefined && quotes === 0 ? (asPronoun(tokens, subjects) ?? undefined) : decision;
}

/** A line that holds nothing but "Output (a)": a verdict, unless several lines do (then they are headings). */
function bareLines(text: string, pattern: RegExp): ProseDecision[] {
  const lines: ProseDecision[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    if (line.length < 40 && !line.trimStart().startsWith("#")) {
      const tokens = tokensOf(line, pattern);
      const label = labelAt(tokens, 0);
      if (label !== null && (tokens.length === 1 || (tokens.length === 2 && wordAt(tokens, 1) === "."))) lines.push({ at, label });
    }
    at += line.length + 1;
  }
  return new Set(lines.map(({ label }) => label)).size === 1 ? lines : [];
}

export function proseDecisions(text: string, nouns: Noun[]): ProseDecision[] {
  const pattern = tokenPattern(nouns);
  const decisions = bareLines(text, pattern);
  for (const { 0: whole, index } of text.matchAll(/[^.!?\n]+[.!?\n]?/g)) {
    if (!DECIDES.test(whole)) continue;
    const decision = decide(tokensOf(whole.slice(-WINDOW), pattern));
    if (decision !== undefined) decisions.push({ at: index, label: decision });
  }
  return decisions.sort((a, b) => a.at - b.at);
}
