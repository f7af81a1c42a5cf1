/** Turns what zod found wrong into the `errors[]` of a problem: RFC 6901 pointers, codes and our sentences. */
import type { z } from "zod";
import type { ProblemField } from "./problem.ts";

type Issue = z.core.$ZodIssue;

export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Of a failed union, the branch that came furthest: the one whose issues lie deepest. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : 0.5)));
  return branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best), branches[0] ?? []);
}

/** At most `limit` fields, so that a hostile body cannot make a huge reply. */
export function problemFields(issues: readonly Issue[], limit = 20): ProblemField[] {
  const fields: ProblemField[] = [];
  const visit = (issue: Issue, base: readonly PropertyKey[]): void => {
    if (fields.length >= limit) return;
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) fields.push({ pointer: pointerOf([...path, key]), code: "unknown-field", message: "unknown field" });
    } else if (issue.code === "invalid_union" && issue.errors.length > 0) {
      for (const inner of bestBranch(issue.errors)) visit(inner, path);
    } else if (issue.code === "invalid_key" || issue.code === "invalid_element") {
      for (const inner of issue.issues) visit(inner, path);
    } else {
      fields.push({ pointer: pointerOf(path), code: issue.code.replaceAll("_", "-"), message: issue.message });
    }
  };
  for (const issue of issues) visit(issue, []);
  return fields.slice(0, limit);
}
