/** What may be chosen: each element of `choices` with its label and its words. Never offers a letter that the request did not. */

export interface Option {
  /** the element of `choices` as the request wrote it: the value, and what is counted */
  value: string;
  /** "A", "B", … or null when the options have no letters */
  label: string | null;
  /** folded words of the option, "" when it is only a letter */
  text: string;
}

/** "(A) text", "A. text", "A) text", "A: text", "**A**: text" */
const LABELLED = /^\s{0,4}[(*[]{0,3}([A-Za-z]|\d{1,2})(?:[)\]*]{1,3}[.:]?|[.:])\s{1,4}(\S.*)$/s;

export function optionsOf(choices: string[]): Option[] {
  if (choices.every((choice) => /^\(?[A-Za-z]\)?$/.test(choice.trim()))) {
    return choices.map((value) => ({ value, label: value.replace(/[()\s]/g, ""), text: "" }));
  }
  const labelled = choices.map((choice) => LABELLED.exec(choice));
  if (labelled.every((match) => match !== null) && new Set(labelled.map((match) => match?.[1])).size === choices.length) {
    return choices.map((value, i) => ({ value, label: labelled[i]?.[1] ?? null, text: fold(labelled[i]?.[2] ?? "") }));
  }
  // bare texts are shown to models as (A), (B), … by custom
  return choices.map((value, i) => ({ value, label: i < 26 ? String.fromCharCode(65 + i) : null, text: fold(value) }));
}

/** Case, quotes, marks and outer punctuation do not count; inner ones do. */
export function fold(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[*`"“”]|\\(?:text|mathrm|textbf)/g, "")
    .replace(/[‘’]/g, "'")
    .replace(/\s+/g, " ")
    .replace(/^[\s.,;:([{'$]{1,8}/, "")
    .replace(/[\s.,;:!?)\]}'$]{1,8}$/, "");
}

/** The option whose words the text is, or starts with; the longest such. */
export function byText(text: string, options: Option[], whole: boolean): Option | null {
  const folded = fold(text.slice(0, 2000));
  let best: Option | null = null;
  for (const option of options) {
    if (option.text === "" || !folded.startsWith(option.text)) continue;
    const after = folded.slice(option.text.length);
    const ends = after === "" || (!whole && !/^[\p{L}\p{N}'-]/u.test(after) && !/^[.,]\d/.test(after));
    if (ends && option.text.length > (best?.text.length ?? 0)) best = option;
  }
  return best;
}

export function byLabel(label: string, options: Option[]): Option | null {
  const exact = options.find((option) => option.label === label);
  if (exact !== undefined) return exact;
  const alike = options.filter((option) => option.label?.toLowerCase() === label.toLowerCase());
  return alike.length === 1 ? (alike[0] ?? null) : null;
}
