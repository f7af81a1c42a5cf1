/** From a mapped OpenAI body to a RunRequest: adds the `consensus` object and the model's choice, and names refused fields as the caller wrote them. */
import type { RunRequest } from "../../consensus/consensus.ts";
import { requestFields } from "../../consensus/schema.ts";
import { pointerOf } from "../../core/pointers.ts";
import { Problem } from "../../core/problem.ts";
import type { AppDeps } from "../deps.ts";
import { paramOf } from "./errors.ts";
import { type Fields, isFields } from "./fields.ts";
import { type Choice, readModel } from "./models.ts";

/** An OpenAI body in our own words. */
export interface Mapped {
  fields: Fields;
  /** the pointer into the caller's body that one of ours stands for */
  origin(pointer: string): string;
}
export interface Asked {
  request: RunRequest;
  /** as the caller wrote it */
  model: string;
  /** one member was named instead of the panel */
  alone: boolean;
  stream: boolean;
}

export function refuse(pointer: string, code: string, message: string): never {
  throw new Problem("validation-failed", `${paramOf(pointer) ?? "the body"}: ${message}`, { errors: [{ pointer, code, message }] });
}

export function readBody(body: unknown): Fields {
  return isFields(body) ? body : refuse("", "invalid-type", "must be a JSON object");
}
function readFlag(body: Fields, name: string): boolean {
  const value = body[name] ?? false;
  return typeof value === "boolean" ? value : refuse(`/${name}`, "invalid-type", "must be true or false");
}

const OWN_FIELDS = new Set(Object.keys(requestFields).filter((name) => name !== "messages" && name !== "prompt"));

function readExtension(body: Fields, choice: Choice): Fields {
  const extension = body.consensus ?? {};
  if (!isFields(extension)) return refuse("/consensus", "invalid-type", "must be an object of this service's own request fields");
  for (const name of Object.keys(extension))
    if (!OWN_FIELDS.has(name)) refuse(pointerOf(["consensus", name]), "unknown-field", "unknown field");
  if (choice.kind === "member" && extension.panel !== undefined)
    refuse("/consensus/panel", "conflict", 'a panel can be named with the model "consensus" only');
  if (choice.kind === "panel" && choice.strategy !== null && (extension.strategy ?? choice.strategy) !== choice.strategy)
    refuse("/consensus/strategy", "conflict", "the model names another strategy");
  return extension;
}

/** What the model's name says of the request. */
function chosen(choice: Choice): Fields {
  switch (choice.kind) {
    case "member":
      return { panel: [choice.member] };
    case "panel":
      return choice.strategy === null ? {} : { strategy: choice.strategy };
    default:
      return choice satisfies never;
  }
}

function renamed(problem: Problem, extension: Fields, { origin }: Mapped): Problem {
  const errors = problem.extras.errors?.map((field) => {
    const name = field.pointer.split("/")[1] ?? "";
    return { ...field, pointer: Object.hasOwn(extension, name) ? `/consensus${field.pointer}` : origin(field.pointer) };
  });
  const first = errors?.[0];
  if (first === undefined) return problem;
  return new Problem(problem.slug, `${paramOf(first.pointer) ?? "the body"}: ${first.message}`, { ...problem.extras, errors });
}

/** Throws Problem `validation-failed` or `not-found`, with pointers into the caller's own body. */
export function toAsked(body: Fields, mapped: Mapped, deps: AppDeps): Asked {
  const stream = readFlag(body, "stream");
  const choice = readModel(body.model, deps);
  const extension = readExtension(body, choice);
  try {
    const request = deps.parse({ ...mapped.fields, ...chosen(choice), ...extension });
    return { request, model: body.model as string, alone: choice.kind === "member", stream };
  } catch (error) {
    throw error instanceof Problem && error.slug === "validation-failed" ? renamed(error, extension, mapped) : error;
  }
}
