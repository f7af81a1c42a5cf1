/** Reads decisions for a label without a noun: a line such as "**Winner:** B", a plain sentence such as "I choose B." What is quoted, reported, denied or asked decides nothing. */
import type { ProseDecision } from "./prose-decisions.ts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));
/** A line's lead holds one of these, and beside them only FILLING. "Correct answer: B" may speak of the question's options. */
const DECISIVE = set(
  "winner winning better best superior preferred verdict decision judgment judgement conclusion preference pick ruling choice",
);
/** Decides at the end of a reply alone, and only where no other decision names somebody else: the question may offer letters too. */
const WEAK = set("answer response output");
const FILLING = set("the my our a final overall and so therefore thus hence is candidate label");

const MARKS = /[*_`#]/g;
const NOUN = "(?:(?:candidate|answer|response|output|assistant|label) )?";
const LABEL = `${NOUN}["'“‘([]{0,2}([A-Za-z])["'”’)\\]]{0,2}(?![\\p{L}\\p{N}\\p{M}'’])`;
const STOPS = "\\s?$|\\s?[.!,;()]|\\s?[-–—]\\s|\\s(?:because|since|as|due|over|for|given)\\b";
const VALUE = new RegExp(`^${LABEL}(.{0,80})`, "iu");
const STOPPED = new RegExp(`^(?:${STOPS})`, "iu");
/** Another label beside the first: two winners are none. */
const ANOTHER = new RegExp(`^\\s?(?:,|/|&|=|and\\b|or\\b)\\s?(?:and |or )?${LABEL}(?=\\s?(?:$|[.!,;/]|and\\b|or\\b))`, "iu");
const NOBODY = /^(?:tie|tied|draw|both|neither|equal|undecided|no winner)\b/i;
const NONE = /^["']?none["']?\s?[.!]?$/i;

/** A letter as it stands: "a" and "I" among words are an article and a pronoun. */
const isLabel = (letter: string, whole: boolean): boolean => whole || (letter !== "I" && letter === letter.toUpperCase());

/** What stands behind a lead: a label, `none`, null for nobody, `undefined` for no decision. */
function declared(value: string): string | null | undefined {
  if (NONE.test(value)) return "none";
  if (NOBODY.test(value)) return null;
  const [, letter = "", rest = ""] = VALUE.exec(value) ?? [];
  if (letter === "") return undefined;
  if (ANOTHER.test(rest)) return null;
  return STOPPED.test(rest) && isLabel(letter, /^\s?[.!]?$/.test(rest)) ? letter.toUpperCase() : undefined;
}

type Lead = { strong: boolean; value: string };

/** "My final choice: B" → the words behind the colon; null where the lead is about something else. */
function leadOf(line: string): Lead | null {
  const colon = line.search(/[:=]/);
  if (colon < 1 || colon > 60) return null;
  const words = line.slice(0, colon).trim().toLowerCase().split(/\s+/);
  const strong = words.some((word) => DECISIVE.has(word));
  if (!strong && !words.some((word) => WEAK.has(word))) return null;
  const known = words.every((word) => DECISIVE.has(word) || WEAK.has(word) || FILLING.has(word));
  return known ? { strong, value: line.slice(colon + 1).trim() } : null;
}

interface Line {
  at: number;
  text: string;
}

/** Lines looked at, counted from the end of a reply. */
const MOST_LINES = 200;

/** Lines without marks and bullets; none of a quotation, and of a code block only where the reply begins with it. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let at = 0;
  let fenced = false;
  for (const raw of text.split("\n")) {
    const bare = raw.trim();
    if (bare.startsWith("```")) fenced = !fenced && lines.length > 0;
    else if (!fenced && bare !== "" && !bare.startsWith(">")) lines.push({ at, text: bare });
    at += raw.length + 1;
  }
  return lines
    .slice(-MOST_LINES)
    .map((line) => ({ at: line.at, text: cleaned(line.text) }))
    .filter((line) => line.text !== "");
}
const cleaned = (line: string): string =>
  line
    .slice(0, 200)
    .replace(MARKS, "")
    .replace(/^(?:[-•+]|\d{1,2}[.)])\s{1,4}/, "")
    .trim();

/** "Here is my verdict:" announces a decision, "Candidate A ends with:" a quotation. */
const announces = ({ text }: Line): boolean =>
  !/\b(?:candidate|answer|response|output)s?\b/i.test(text) &&
  text
    .toLowerCase()
    .split(/[^a-z]+/)
    .some((word) => DECISIVE.has(word));
/** Whether the line before announces a quotation, or the one behind goes on with a sentence. */
const isCited = (before: Line | undefined, after: Line | undefined): boolean =>
  (before !== undefined && before.text.endsWith(":") && leadOf(before.text) === null && !announces(before)) ||
  /^[a-z](?![a-z_ ]{0,20}:)/.test(after?.text ?? "");

type Declaration = ProseDecision & { strong: boolean; line: number };

function declarationAt(lines: Line[], index: number): Declaration | null {
  const line = lines[index];
  const lead = line ? leadOf(line.text) : null;
  if (!line || !lead || isCited(lines[index - 1], lines[index + (lead.value === "" ? 2 : 1)])) return null;
  const label = declared(lead.value === "" ? (lines[index + 1]?.text ?? "") : lead.value);
  const last = lead.value === "" ? index + 1 : index;
  if (label === undefined || (!lead.strong && last < lines.length - 1)) return null;
  return { at: line.at, label, strong: lead.strong, line: last };
}

/** A reply that ends in a line with nothing but its label. */
function lastLabel(lines: Line[]): Declaration[] {
  const last = lines.at(-1);
  const alone = (line: Line): string | undefined => /^["'([]{0,2}([A-Z])["')\]]{0,2}\.?$/.exec(line.text)?.[1];
  const label = last && alone(last);
  if (!last || label === undefined || isCited(lines.at(-2), undefined)) return [];
  const others = lines.some((line) => (alone(line) ?? label) !== label);
  return others ? [] : [{ at: last.at, label, strong: false, line: lines.length - 1 }];
}

/** Two that differ and stand on neighbouring lines are none. */
function declaredLines(text: string): Declaration[] {
  const lines = linesOf(text);
  const found = lines.flatMap((_, index) => declarationAt(lines, index) ?? []);
  const behind = found.at(-1)?.line === lines.length - 1 ? [] : lastLabel(lines);
  return [...found, ...behind].map((one, index, all) => {
    const before = all[index - 1];
    const clash = before !== undefined && before.label !== one.label && one.line - before.line === 1;
    return clash ? { ...one, label: null } : one;
  });
}

/** Of such sentences none is read: they report, deny, weigh or ask. */
const NOT_PLAIN =
  /\b(?:says?|said|claim\w*|states?|stated|assert\w*|argues?|insists?|tells?|told|writes?|wrote|contains?|instruct\w*|tries|asks?|according|if|whether|unless|not|never|cannot|hardly|neither|nor|but|however|though|although|while|whereas|yet|option|question)\b|n['’]t\b|["“”?]/i;
/** A sentence without any of these is passed over. */
const DECIDES =
  /better|best|superior|winn|wins|preferr?|choose|chose|choice|pick|select|favou?r|recommend|go with|vote for|verdict|decision/i;
const CHOOSING = new RegExp(
  `\\b(?:I|we)(?:['’](?:d|ll))? (?:(?:would|will|must|therefore|thus|hence|finally|have|to) ){0,3}(?:choose|chose|pick|picked|select|selected|prefer|favou?r|recommend|go with|vote for) ${LABEL}(?=${STOPS})`,
  "iu",
);
const NAMING = new RegExp(
  `\\b(?:winner|(?:better|best|superior|preferred|winning) (?:candidate|answer|response|output|one|text)|(?:my|final) (?:choice|pick|verdict|decision|preference)) (?:is|would be|must be|remains)(?: (?:therefore|thus|clearly))?:? ${LABEL}(?=${STOPS})`,
  "iu",
);
const WINNING = new RegExp(
  `^(?:(?:therefore|thus|hence|so|overall|ultimately|finally|clearly|in conclusion),? ){0,2}${LABEL} (?:wins|is (?:(?:the|clearly|overall|much|far|slightly|therefore|thus|still) ){0,3}(?:better|best|superior|winner|preferable|preferred)(?: (?:candidate|answer|response|output|one|text|overall|of the two))?)(?=\\s?$|\\s?[.!,;]|\\s(?:because|since|as|due)\\b|\\sthan (?:["'(]?[A-Z]\\b|the others?\\b))`,
  "iu",
);

function plainSentences(text: string): ProseDecision[] {
  return [...text.matchAll(/[^.!?\n]+[.!?\n]?/g)].flatMap(({ 0: whole, index }) => {
    if (!DECIDES.test(whole)) return [];
    const sentence = whole
      .slice(0, 400)
      .replace(MARKS, "")
      .replace(/["“]([A-Z])["”]/g, "($1)")
      .replace(/\s{1,40}/g, " ")
      .trim();
    const match = CHOOSING.exec(sentence) ?? NAMING.exec(sentence) ?? WINNING.exec(sentence);
    if (!match || whole.trimStart().startsWith(">") || NOT_PLAIN.test(sentence)) return [];
    const letter = match[1] ?? "";
    if (!isLabel(letter, false)) return [];
    const several = ANOTHER.test(sentence.slice(match.index + match[0].length));
    return [{ at: index, label: several ? null : letter }];
  });
}

/** In the order of the text; `others` are the decisions that name a noun. */
export function bareDecisions(text: string, others: ProseDecision[]): ProseDecision[] {
  const plain = plainSentences(text);
  const named = new Set([...others, ...plain].map(({ label }) => label));
  const lines = declaredLines(text).map(({ at, label, strong }) => {
    const contradicted = !strong && [...named].some((other) => other !== null && other !== label);
    return { at, label: contradicted ? null : label };
  });
  return [...plain, ...lines].sort((a, b) => a.at - b.at);
}
