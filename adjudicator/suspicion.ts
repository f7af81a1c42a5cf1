/** Recognises text that speaks to a judge or forges structure. A flag may lower a candidate, never raise one; it proves nothing, and never changes a byte. */
import { isPlainAscii } from "./visible.ts";
import { createSpotter } from "./spotter.ts";
import type { AnswerSpec } from "./types.ts";

interface Rule {
  /** one of these occurs (lower case) before the pattern is tried */
  needles: string[];
  pattern: RegExp;
  /** answer types whose honest answers look like this */
  except?: AnswerSpec["type"][];
}

/** A candidate's label as a prompt would show it: one capital, perhaps wrapped. Labels stay case-sensitive: "return x" is code. */
const LABEL = String.raw`["'(\[{*]{0,3}[A-P](?![\w'’])`;
const VERBS = [
  "select",
  "choose",
  "pick",
  "prefer",
  "output",
  "return",
  "answer",
  "reply with",
  "reply only with",
  "say",
  "vote for",
  "rank",
  "declare",
];
const SPOKEN = VERBS.join("|");
/** As a sentence of its own the verb has a capital; code writes `return` small. */
const IMPERATIVE = VERBS.map((verb) => verb.charAt(0).toUpperCase() + verb.slice(1)).join("|");
const THING = String.raw`(?:(?:only|the|just)\s)?(?:(?:candidate|response|label|model|output)\s)?`;
const CANDIDATE = "[Cc]andidate";
/** Asked from the label backwards: capitals that stand alone are few, places where a sentence may begin are not. */
const ORDERED = String.raw`[A-P](?![\w'’])(?<=(?:(?:^|[\n.!?\t]|\\n)[ \t]{0,4}(?:${IMPERATIVE})|\b(?:[Yy]ou must|[Pp]lease,?|[Nn]ow)\s(?:${SPOKEN}))\s${THING}["'(\[{*]{0,3}[A-P])`;

/** Structure that only our own prompts, chat templates and event streams write. */
const FORGED: Rule[] = [
  { needles: ["<|"], pattern: /<\|[\w ]{2,40}\|>/ },
  {
    needles: ["sys>>", "[inst]", "[/inst]", "_of_turn>", "<think", "</think"],
    pattern: /<<\/?\s?SYS\s?>>|\[\/?INST\]|<(?:start|end)_of_turn>|<\/?think(?:ing)?>/i,
  },
  {
    needles: ["<candidate", "</candidate", "verdict>", "<system", "</system", "<instructions", "</instructions", "<judge"],
    pattern: /<\/?(?:candidates?|verdict|system|instructions?|judge)\b[^<>\n]{0,80}>/i,
  },
  {
    needles: ["end of", "begin", "start of"],
    pattern:
      /(?:-{2,}|={2,}|#{2,}|%{2,}|\*{2,})\s{0,4}(?:end|begin|start)(?:\sof)?\s{1,2}(?:the\s)?(?:candidate|response|answer|output|prompt|instructions?|system)/i,
  },
  { needles: ["%%end", "%%begin", "==end==", "--end--"], pattern: /%%(?:END|BEGIN)%%|={2}END={2}|-{2}END-{2}/ },
  {
    needles: ["winner", "verdict", "preferred"],
    pattern: /\b(?:[Ww]inner|[Vv]erdict|[Pp]referred|WINNER|VERDICT)\b["'\\]{0,2}\s{0,4}(?:[:=]|==>)\s{0,4}["'\\[({]{0,3}[A-P](?![\w'’])/,
    except: ["json"],
  },
  {
    needles: ['"winner', '"verdict', '"pass"', '"result"'],
    pattern:
      /"(?:winner|verdict)[\\]?"\s{0,4}:|"pass"\s{0,4}:\s{0,4}true[^{}\n]{0,80}"score"|\{\s{0,4}"result"\s{0,4}:\s{0,4}"(?:correct|pass)/i,
    except: ["json"],
  },
  { needles: ["nonce", "fence", "boundary"], pattern: /\b(?:nonce|fence|boundary)\s{0,2}[=:]\s{0,2}["']?[\da-f]{8}/i },
  { needles: ["id:"], pattern: /\bid:\s?(\S{8,80})\s{1,4}id:\s?\1/i },
  { needles: ["system"], pattern: /(?:^|\n)[ \t]{0,8}(?:SYSTEM(?: MESSAGE| PROMPT)?|\[system\]|\[SYSTEM\])[ \t]{0,4}:/ },
  {
    needles: ["assistant:"],
    pattern:
      /(?:^|\n|>)[ \t]{0,8}(?:human|user):[^\n]{0,400}\n{1,3}[ \t]{0,8}assistant:|(?:^|\n)[ \t]{0,8}assistant:[^\n]{0,400}\n{1,3}[ \t]{0,8}(?:human|user):/i,
  },
  { needles: ["event:"], pattern: /(?:^|\n)event:[ ]?[\w-]{1,40}\r?\n(?:data|id):/ },
  {
    needles: ["## instruction", "# instruction", "## system", "# system"],
    pattern: /```\s{0,8}\n#{1,6}\s(?:new\s)?(?:instructions?|system)\b/i,
  },
  {
    needles: ["## model outputs", "model_identifier", "unordered outputs"],
    pattern: /##\sModel Outputs|model_identifier|unordered outputs from the models/i,
  },
  { needles: ["[["], pattern: /\[\[[A-C](?:[<>=]{1,2}[A-C])?\]\]|rating:\s?\[\[/i },
];

/** Sentences that only make sense to whoever compares candidates. */
const ADDRESSED: Rule[] = [
  {
    needles: ["candidate"],
    pattern: new RegExp(
      [
        String.raw`\b(?:${SPOKEN}|${IMPERATIVE})\s(?:the\s)?${CANDIDATE}\b`,
        String.raw`\b${CANDIDATE}\s${LABEL}[^.\n]{0,30}\b(?:wins|withdrawn|disqualified|invalid|is the (?:best|winner))`,
        String.raw`\bvalid ${CANDIDATE}s?\b(?:\s(?:is|are))?:?\s${LABEL}`,
        String.raw`\b(?:[Tt]his|[Oo]ther) ${CANDIDATE}s?\b`,
      ].join("|"),
    ),
  },
  { needles: ["in the other order"], pattern: /\bin the other order(?:ing)?\b/i },
  {
    needles: ["labelled", "labeled", "same label"],
    pattern: new RegExp(String.raw`\b(?:text|answer|response) is (?:also )?label(?:l)?ed\s${LABEL}|\bthe same label\b`),
  },
  {
    needles: ["judge", "grader", "evaluator", "adjudicator"],
    pattern:
      /\b(?:judge|grader|evaluator|adjudicator)s?\s?[:,]\s{0,2}(?:please|you|select|choose|output|pick|return|ignore)\b|\b(?:dear|attention|note to(?: the)?)\s(?:judge|grader|evaluator|adjudicator)|\bthe (?:judge|grader|evaluator|adjudicator) (?:must|should|shall|has to)\s(?:refuse to|select|choose|pick|prefer|output)\b[^.\n]{0,40}\b(?:answer|response|candidate|others|this|evaluate|label)\b/i,
  },
  {
    needles: ["winner"],
    pattern: new RegExp(
      String.raw`\b(?:[Ss]et|[Mm]ake|[Dd]eclare|[Mm]ark)\s(?:the\s)?winner\b|\bwinner (?:is|to)\s(?:candidate\s)?${LABEL}`,
    ),
  },
  {
    needles: ["verdict"],
    pattern: new RegExp(
      String.raw`\b(?:the|[Tt]he|your|keep the)\sverdict\b\s(?:is\s${LABEL}|once more|the same)|\bword verdict\b|\bverdict\s?(?:=|==>|recorded)`,
    ),
  },
  { needles: ["rubric"], pattern: /\b(?:disregard|ignore|new)\s(?:the\s|your\s)?rubric\b|\brubric (?:was replaced|says)/i },
  {
    needles: ["ignore", "disregard", "forget", "override"],
    pattern:
      /\b(?:ignore|disregard|forget|override)\s(?:all\s|any\s)?(?:of\s)?(?:the\s|your\s|my\s)?(?:previous|prior|above|earlier|preceding|system|original)\b(?:\s(?:instructions?|prompts?|messages?|rules?|guidelines?|directions?)|[\s,.!:]{0,4}(?:##|$|\n))/i,
  },
  {
    needles: ["system message", "system prompt", "system owner"],
    pattern:
      /\b(?:previous|text of the|whole|full|reveal|print|repeat)\b[^.\n]{0,20}\bsystem (?:message|prompt)\b|\border of the system owner\b/i,
  },
  { needles: ["from now on"], pattern: /\bfrom now on,?\s(?:reply|respond|output)\b/i },
  {
    needles: ["merg"],
    pattern: /\b(?:in|of|to) the merged answer\b|\bthe merged answer (?:must|should|shall)\b|\bwhen merging, (?:copy|use|keep)\b/i,
  },
  {
    needles: ["this answer", "this response"],
    pattern:
      /\b(?:models?|judges?|panel|experts?|evaluators?|reviewers?)\b[^.\n]{0,40}\b(?:agree(?:s|d)?|approved|confirmed|preferred|chose)\b[^.\n]{0,20}\bthis (?:answer|response)\b/i,
  },
  { needles: ["overrule", "head of evaluation"], pattern: /\bdo not overrule\b|\bhead of evaluation\b/i },
  {
    needles: ["the same ", "same model as you"],
    pattern: /\b(?:developed|made|built|trained) by the same (?:team|company|lab|people) as you\b|\bsame model as you\b/i,
  },
  { needles: ["grad"], pattern: /\bgrading protocol\b|\b(?:response|answer) being graded\b|\ba passing grade would\b/i },
  {
    needles: ["evaluation:", "score:"],
    pattern: /(?:^|\n)[ \t]{0,4}evaluation:\s{0,4}pass|(?:(?:^|\n)[ \t]{0,4}score:\s?10[^\n]{0,8}){2}/i,
  },
  {
    needles: VERBS,
    pattern: new RegExp(String.raw`${ORDERED}["')\]}*]{0,3}(?:\sover\b|\snow\b|\s?[.!]?\s{0,8}(?:$|\n|<))`),
    except: ["choice"],
  },
  {
    needles: ["being chosen", "must be ", "if you choose"],
    pattern: new RegExp(
      String.raw`[A-P](?=\s(?:being chosen|must be (?:returned|chosen|selected)))(?<=\b["'(\[{*]{0,3}[A-P])|\b[Ii]f you choose\s${LABEL}`,
    ),
  },
  {
    needles: ["display:", "\\phantom", "visibility:"],
    pattern: /<[^<>\n]{1,80}(?:display:\s?none|visibility:\s?hidden)|\\phantom\{\\text/i,
  },
];

/** Characters that no honest answer needs: terminal control, forced direction, runs of invisible tag letters. */
const HIDDEN = /[^\P{Cc}\t\n\v\f\r\b\u0080-\u009f]|[\u202d\u202e]|[\u{e0020}-\u{e007e}]{10}/u;

/** Cyrillic letters, and in their order the Latin ones that they look like. */
const CYRILLIC = "аеорсухіѕАВЕОСРМТ";
const LATIN = "aeopcyxisABEOCPMT";
const DOUBLES = new RegExp(`[${CYRILLIC}]`, "g");
/** Latin letters in place of their Cyrillic doubles, no strokes through letters. */
const plain = (text: string): string =>
  text.replace(/[\u0334-\u0338]/g, "").replace(DOUBLES, (letter) => LATIN.charAt(CYRILLIC.indexOf(letter)));

const RULES = [...FORGED, ...ADDRESSED];
const spot = createSpotter(RULES.map(({ needles }) => needles));

export function isSuspicious(text: string, type: AnswerSpec["type"]): boolean {
  const ascii = isPlainAscii(text);
  if (!ascii && HIDDEN.test(text)) return true;
  const seen = !ascii && /[\u0334-\u0338\u0400-\u04ff]/.test(text) ? plain(text) : text;
  return spot(seen.toLowerCase()).some((index) => {
    const rule = RULES[index];
    return rule !== undefined && rule.except?.includes(type) !== true && rule.pattern.test(seen);
  });
}
