/** Words of a prompt that an answer can refer to. Reads at most the first 20,000 characters. */

const COMMON = new Set(
  `about above after again also answer because been before being between both cannot could does doing done down each either else even every
  first following from give given have here into it's just like list make many more most much must name need next none only other over please
  question reply said same should show some such sure tell than that their them then there these they thing this those through under until
  describe explain summarise summarize tell compare
  very want well were what when where which while whom will with within without would write your you're respond response json format`.split(
    /\s+/,
  ),
);

/** Up to `limit` telling words in order of appearance, each once. */
export function keywords(text: string, limit: number): string[] {
  const seen = new Map<string, string>();
  for (const [word] of text.slice(0, 20_000).matchAll(/\p{L}[\p{L}\p{N}'_-]{2,39}/gu)) {
    const key = word.toLowerCase();
    if (!COMMON.has(key) && (word.length > 3 || word === word.toUpperCase()) && !seen.has(key)) seen.set(key, word);
    if (seen.size >= limit * 3) break;
  }
  const longest = new Set([...seen.values()].toSorted((left, right) => right.length - left.length).slice(0, limit));
  return [...seen.values()].filter((word) => longest.has(word));
}

/** Numbers that stand in a text, at most the first 50. */
export function numbersIn(text: string): number[] {
  const found: number[] = [];
  for (const [digits] of text.slice(0, 20_000).matchAll(/(?<![\w.])\d{1,9}(?:\.\d{1,4})?(?!\w)/g)) {
    found.push(Number(digits));
    if (found.length >= 50) break;
  }
  return found;
}

/** Sentences of a text, at most the first 40: cut after `.`, `!` or `?` and at line ends. */
export function sentences(text: string): string[] {
  return text
    .slice(0, 20_000)
    .split(/(?<=[.!?])\s|\n/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "")
    .slice(0, 40);
}
