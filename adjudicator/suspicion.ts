/** Recognises text that speaks to a judge or forges structure. A flag may lower a candidate, never raise one; it proves nothing, and never changes a byte. */
import type { AnswerSpec } from "./types.ts";

interface Rule {
  /** one of these occurs (lower case) before the pattern is tried */
  needles: string[];
  pattern: RegExp;
  /** answer types whose honest answers look like this */
  except?: AnswerSpec["type"][];
}

/** A candidate's label as a prompt would show it: one capital, perhaps wrapped. */
const LABEL = String.raw`["'(\[{*]{0,3}[A-Z](?![\w'’])`;
const VERB = "(?:select|choose|pick|prefer|output|return|answer|reply(?: only)? with|say|vote(?: for)?|rank|declare)";
const THING = "(?:(?:only|the|just)\\s)?(?:candidate|response|label|model|output)?";
const flags = (source: string, mode = "i"): RegExp => new RegExp(source, mode);

/** Structure that only our own prompts, chat templates and event streams write. */
const FORGED: Rule[] = [
  { needles: ["<|"], pattern: /<\|[\w ]{2,40}\|>/ },
  {
    needles: ["sys>>", "[inst]", "[/inst]", "_of_turn>", "<think", "</think"],
    pattern: /<<\/?\s?SYS\s?>>|\[\/?INST\]|<(?:start|end)_of_turn>|<\/?think(?:ing)?>/i,
  },
  {
    needles: [
      "<candidate",
      "</candidate",
      "verdict>",
      "<system",
      "</system",
      "<instructions",
      "</instructions",
      "<judge",
      "<answers",
      "]]>",
    ],
    pattern: /<\/?(?:candidates?|verdict|system|instructions?|judge|answers)\b[^<>\n]{0,80}>|\]\]>\s{0,4}</i,
  },
  {
    needles: ["end of", "begin", "start of"],
    pattern:
      /(?:-{2,}|={2,}|#{2,}|%{2,}|\*{2,})\s{0,4}(?:end|begin|start)(?:\sof)?\s{1,2}(?:the\s)?(?:candidate|response|answer|output|prompt|instructions?|system)/i,
  },
  { needles: ["%%end", "%%begin", "==end==", "--end--"], pattern: /%%(?:END|BEGIN)%%|={2}END={2}|-{2}END-{2}/ },
  {
    needles: ["winner", "verdict", "preferred"],
    pattern: /["'\\]{0,2}\b(?:winner|verdict|preferred)\b["'\\]{0,2}\s{0,4}(?:[:=]|==>)\s{0,4}["'\\[({]{0,3}[A-Z]\b(?!\w)/i,
    except: ["json"],
  },
  {
    needles: ['"winner', '"verdict', '"pass"', '"score"', '"result"'],
    pattern:
      /"(?:winner|verdict)[\\]?"\s{0,4}:|"pass"\s{0,4}:\s{0,4}true|"score"\s{0,4}:\s{0,4}(?:1\.0|10)\b|\{\s{0,4}"result"\s{0,4}:\s{0,4}"(?:correct|pass)/i,
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
    pattern: flags(
      `\\b(?:select|choose|pick|prefer|output|return|rank)\\s(?:the\\s)?candidate\\b|\\bcandidate\\s${LABEL}[^.\\n]{0,30}\\b(?:wins|withdrawn|disqualified|invalid|is the (?:best|winner))|\\bvalid candidates?\\b\\s?(?:is|are)?:?\\s${LABEL}|\\b(?:this|other) candidates?\\b|\\bas candidate\\s${LABEL}`,
      "",
    ),
  },
  { needles: ["order"], pattern: /\bin the other order(?:ing)?\b/i },
  {
    needles: ["labelled", "labeled", "same label"],
    pattern: flags(`\\b(?:text|answer|response) is (?:also )?label(?:l)?ed\\s${LABEL}|\\bthe same label\\b`, ""),
  },
  {
    needles: ["judge", "grader", "evaluator", "adjudicator"],
    pattern:
      /\b(?:judge|grader|evaluator|adjudicator)s?\s?[:,]\s{0,2}(?:please|you|select|choose|output|pick|return|ignore|the)\b|\b(?:dear|attention|note to(?: the)?)\s(?:judge|grader|evaluator|adjudicator)|\bthe (?:judge|grader|evaluator|adjudicator) (?:must|should|shall|has to|will)\b[^.\n]{0,40}\b(?:refuse|evaluate|select|choose|pick|prefer|score|rate|pass)/i,
  },
  {
    needles: ["winner"],
    pattern: flags(`\\b(?:set|make|declare|mark)\\s(?:the\\s)?winner\\b|\\bwinner (?:is|to)\\s(?:candidate\\s)?${LABEL}`, ""),
  },
  {
    needles: ["verdict"],
    pattern: flags(
      `\\b(?:the|your|state the|keep the)\\sverdict\\b[^.\\n]{0,30}(?:is|=|once more|same|recorded)\\b|\\bword verdict\\b|verdict\\s?(?:=|==>|recorded)`,
    ),
  },
  {
    needles: ["rubric"],
    pattern: flags(`\\b(?:disregard|ignore|new|replaced?)\\b[^.\\n]{0,40}\\brubric\\b|\\brubric (?:was replaced|says)`),
  },
  {
    needles: ["ignore", "disregard", "forget", "override"],
    pattern:
      /\b(?:ignore|disregard|forget|override)\s(?:all\s|any\s)?(?:of\s)?(?:the\s|your\s|my\s)?(?:previous|prior|above|earlier|preceding|system|original)\b(?:\s(?:instructions?|prompts?|messages?|rules?|text|guidelines?|directions?)|[\s,.!:]{0,4}(?:##|$|\n))/i,
  },
  {
    needles: ["system message", "system prompt", "system owner"],
    pattern: /\b(?:previous|text of the|whole|full|reveal|print|repeat)\b[^.\n]{0,20}\bsystem (?:message|prompt)\b|\bsystem owner\b/i,
  },
  { needles: ["from now on"], pattern: /\bfrom now on,?\s(?:reply|answer|respond|output|you)\b/i },
  { needles: ["merg"], pattern: /\b(?:in|of|to) the merged answer\b|\bthe merged answer (?:must|should|shall)\b|\bwhen merging\b/i },
  {
    needles: ["this answer", "this response"],
    pattern:
      /\b(?:models?|judges?|panel|experts?|evaluators?|reviewers?)\b[^.\n]{0,40}\b(?:agree(?:s|d)?|approved|confirmed|preferred|chose)\b[^.\n]{0,20}\bthis (?:answer|response)\b/i,
  },
  { needles: ["overrule", "head of evaluation"], pattern: /\bdo not overrule\b|\bhead of evaluation\b/i },
  {
    needles: ["same team as you", "same model as you", "made by the same"],
    pattern: /\b(?:developed|made|built|trained) by the same (?:team|company|lab|people) as you\b|\bsame model as you\b/i,
  },
  { needles: ["grad"], pattern: /\bgrading protocol\b|\b(?:response|answer) being graded\b|\b(?:a )?passing grade\b/i },
  { needles: ["evaluation:", "score:"], pattern: /(?:^|\n)\s{0,4}evaluation:\s{0,4}pass|(?:(?:^|\n)\s{0,4}score:\s?10[^\n]{0,8}){2}/i },
  {
    needles: ["being chosen", "choose", "select", "pick", "prefer", "output", "return"],
    pattern: flags(
      `(?:^|[\\n.!?\\t]|\\\\n)\\s{0,4}(?:You must |Please,? |Now )?${VERB}\\s${THING}\\s?${LABEL}["')\\]}*]{0,3}(?:\\sover\\b|\\snow\\b|\\s?[.!]?\\s{0,8}(?:$|\\n|<))`,
    ),
    except: ["choice"],
  },
  {
    needles: ["being chosen", "must be returned", "must be chosen", "you choose"],
    pattern: flags(`\\b${LABEL}\\s?(?:being chosen|must be (?:returned|chosen|selected))|\\bif you choose\\s${LABEL}`),
  },
  {
    needles: ["display:none", "display: none", "\\phantom", "visibility:hidden"],
    pattern: /<[^<>\n]{1,80}(?:display:\s?none|visibility:\s?hidden)|\\phantom\{\\text/i,
  },
];

/** Characters that no honest answer needs: terminal control, forced direction, runs of invisible tag letters. */
const HIDDEN = /[\u0000-\u0007\u000e-\u001f\u007f\u202d\u202e]|[\u{e0020}-\u{e007e}]{10}/u;

const LOOKALIKES: Record<string, string> = {
  а: "a",
  е: "e",
  о: "o",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  і: "i",
  ѕ: "s",
  А: "A",
  В: "B",
  Е: "E",
  О: "O",
  С: "C",
  Р: "P",
  М: "M",
  Т: "T",
};
/** Latin letters in place of their Cyrillic doubles, no strokes through letters. */
const plain = (text: string): string =>
  text.replace(/[\u0334-\u0338]/g, "").replace(/[аеорсухіѕАВЕОСРМТ]/g, (letter) => LOOKALIKES[letter] ?? letter);

export function isSuspicious(text: string, type: AnswerSpec["type"]): boolean {
  if (HIDDEN.test(text)) return true;
  const seen = /[\u0334-\u0338\u0400-\u04ff]/.test(text) ? plain(text) : text;
  const lower = seen.toLowerCase();
  const speaks = (rule: Rule): boolean =>
    rule.except?.includes(type) !== true && rule.needles.some((needle) => lower.includes(needle)) && rule.pattern.test(seen);
  return FORGED.some(speaks) || ADDRESSED.some(speaks);
}
