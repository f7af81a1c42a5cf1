/** The same spelling for plain ASCII in small letters, as most texts are: by codes, and with one slice for all words that stand a space apart. */

/** What a code is: the kinds that never stand in one piece. */
const LETTER = 1;
const DIGIT = 2;
const MARK = 3;
const SPACE = 32;
const APOSTROPHE = 39;
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 97 && code <= 122) return LETTER;
  if (code >= 48 && code <= 57) return DIGIT;
  return code > SPACE ? MARK : 0;
});
/** Beyond the end of a text there is nothing of any kind. */
const kindAt = (text: string, at: number): number => (at >= 0 && at < text.length ? (KINDS[text.charCodeAt(at)] as number) : 0);
const IN_NUMBERS = ".,:/*-";

export const withoutThousands = (number: string): string => number.replace(/,(?=\d{3}(?:\D|$))/g, "");

/** Index after the run of one kind that begins at `from`. */
function runEnd(text: string, from: number, kind: number): number {
  let at = from + 1;
  while (kindAt(text, at) === kind) at += 1;
  return at;
}
/** Index after the number that begins at `from`: digits, with single marks between them. */
function numberEnd(text: string, from: number): number {
  let at = runEnd(text, from, DIGIT);
  while (kindAt(text, at + 1) === DIGIT && IN_NUMBERS.includes(text.charAt(at))) at = runEnd(text, at + 1, DIGIT);
  return at;
}

/** Words, numbers and what of the marks carries meaning, a space apart. The text holds no blank but the space. */
export function spellAscii(text: string, meant: (run: string, afterWord: boolean, next: string | undefined) => string[]): string {
  const parts: string[] = [];
  /** the slice that still grows: words as they stand, a single space apart */
  let start = 0;
  let stop = 0;
  const close = (): void => {
    if (stop > start) parts.push(text.slice(start, stop));
    start = stop;
  };
  const keep = (from: number, to: number): void => {
    if (from !== stop + 1 || stop === start || text.charCodeAt(stop) !== SPACE) {
      close();
      start = from;
    }
    stop = to;
  };
  const put = (piece: string): void => {
    close();
    parts.push(piece);
  };
  for (let at = 0; at < text.length;) {
    const from = at;
    switch (kindAt(text, at)) {
      case LETTER:
        at = runEnd(text, from, LETTER);
        if (text.charCodeAt(at) !== APOSTROPHE) {
          keep(from, at);
          break;
        }
        while (text.charCodeAt(at) === APOSTROPHE && kindAt(text, at + 1) === LETTER) at = runEnd(text, at + 1, LETTER);
        put(text.slice(from, at).replaceAll("'", ""));
        break;
      case DIGIT:
        at = numberEnd(text, from);
        put(withoutThousands(text.slice(from, at)));
        break;
      case MARK: {
        at = runEnd(text, from, MARK);
        const before = kindAt(text, from - 1);
        for (const kept of meant(text.slice(from, at), before === LETTER || before === DIGIT, text[at])) put(kept);
        break;
      }
      default:
        at += 1;
    }
  }
  close();
  return parts.join(" ");
}
