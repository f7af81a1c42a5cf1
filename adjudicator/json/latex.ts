/** Tells a LaTeX command from a JSON escape: `\frac` in a JSON string parses validly, and wrongly, as a form feed and "rac". Never touches an escaped backslash. */

/** Commands whose first letter is also a JSON escape that honest JSON uses (`\n`, `\r`, `\t`); only a whole match counts as LaTeX. */
const COMMANDS = new Set(
  (
    "times text textbf textit textrm texttt theta vartheta tan tanh tau tfrac therefore tilde to top triangle triangleq triangledown " +
    "nabla neg neq ngeq nleq nmid not notin nu nsubseteq nparallel nearrow nexists " +
    "rangle rbrace rceil rfloor rho right rightarrow rightleftharpoons rvert rbrack"
  ).split(" "),
);

const isCommand = (first: string, rest: string): boolean => {
  if (rest === "") return false;
  // No text has a real form feed or backspace, and `\u` needs four hex digits.
  if (first === "b" || first === "f") return true;
  if (first === "u") return !/^[0-9a-fA-F]{4}/.test(rest);
  return COMMANDS.has(first + rest);
};

/** Doubles the backslash of every LaTeX command and of every backslash that starts no JSON escape. */
export function doubleBackslashes(json: string): string {
  return json.replace(/\\(?:(["'\\/])|([bfnrtu])([a-zA-Z0-9]{0,40})|)/g, (whole: string, plain?: string, first?: string, rest?: string) => {
    if (plain !== undefined) return plain === "'" ? plain : whole;
    if (first !== undefined && !isCommand(first, lettersOf(first, rest ?? ""))) return whole;
    return `\\${whole}`;
  });
}

/** Letters after the escape's own letter; `\u0041` keeps its digits. */
const lettersOf = (first: string, rest: string): string => (first === "u" ? rest : (/^[a-zA-Z]*/.exec(rest)?.[0] ?? ""));

/** True when a backslash at `at` starts a LaTeX command rather than the escape its first letter names. */
export function startsCommand(text: string, at: number): boolean {
  const first = text[at + 1] ?? "";
  if (!"bfnrtu".includes(first)) return false;
  return isCommand(first, lettersOf(first, /^[a-zA-Z0-9]{0,40}/.exec(text.slice(at + 2, at + 42))?.[0] ?? ""));
}
