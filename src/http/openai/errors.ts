/** Errors as OpenAI's clients read them. Holds the form alone; which problem it is was decided before. */
import { PROBLEMS, type ProblemField, type ProblemSlug } from "../../core/problem.ts";

/** Every reply under this prefix, of guards too, speaks OpenAI's form. */
export const OPENAI_PREFIX = "/v1/";

/** What there is of an error; `errors[0]` names the field. */
export interface Complaint {
  slug: ProblemSlug;
  detail: string;
  errors?: readonly ProblemField[];
}
export interface OpenaiError {
  error: { message: string; type: "invalid_request_error" | "api_error"; code: ProblemSlug; param: string | null };
}

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** `/messages/0/content` → `messages[0].content`, as OpenAI writes it; the whole body is null. */
export function paramOf(pointer: string): string | null {
  const steps = pointer.split("/").slice(1).map(unescaped);
  if (steps.length === 0) return null;
  return steps.map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

/** A refused field is 400 there, where it is 422 elsewhere. */
export const openaiStatus = (slug: ProblemSlug): number => (slug === "validation-failed" ? 400 : PROBLEMS[slug][0]);

export function openaiError({ slug, detail, errors }: Complaint): OpenaiError {
  const type = openaiStatus(slug) < 500 ? "invalid_request_error" : "api_error";
  return { error: { message: detail, type, code: slug, param: paramOf(errors?.[0]?.pointer ?? "") } };
}
