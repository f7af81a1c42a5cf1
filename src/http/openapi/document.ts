/** The contract as OpenAPI 3.1, made of the operations, the schemas and the table of problems. Made once, when somebody first asks. */
import { PROBLEMS, type ProblemSlug } from "../../core/problem.ts";
import { OPENAI_PREFIX, openaiStatus } from "../openai/errors.ts";
import { type Answer, BODY_PROBLEMS, type Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { componentSchemas, type JsonObject } from "./schemas.ts";

export interface OpenApi {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, JsonObject>>;
  components: { schemas: Record<string, JsonObject>; securitySchemes: JsonObject };
  security: JsonObject[];
}

const ref = (component: string): JsonObject => ({ $ref: `#/components/schemas/${component}` });

function schemaOf(type: string, component: string | null): JsonObject {
  if (type !== "text/event-stream")
    return component === null ? (type === "application/json" ? { type: "object" } : { type: "string" }) : ref(component);
  // one text; what each of its events holds stands beside it, since 3.1 has no word for that
  return component === null ? { type: "string" } : { type: "string", "x-event": ref(component) };
}

function answerOf({ description, content, headers }: Answer): JsonObject {
  return {
    description,
    ...(headers
      ? {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: "string" } }]),
          ),
        }
      : {}),
    ...(content
      ? { content: Object.fromEntries(Object.entries(content).map(([type, component]) => [type, { schema: schemaOf(type, component) }])) }
      : {}),
  };
}

/** What the guards of an operation may answer, whatever it does. */
export function problemsOf({ path, open, body, answers, problems = [] }: Operation): ProblemSlug[] {
  const host: ProblemSlug[] = path === "/healthz" ? [] : ["host-not-allowed", "origin-not-allowed"];
  const key: ProblemSlug[] = open ? [] : ["unauthenticated", "rate-limited"];
  const types = Object.values(answers).some(({ content }) => content !== undefined);
  const form: ProblemSlug[] = types && !open ? ["not-acceptable"] : [];
  const stop: ProblemSlug[] = path === "/healthz" ? [] : ["shutting-down"];
  return [...new Set([...host, ...key, ...form, ...(body ? BODY_PROBLEMS : []), ...problems, ...stop, "internal" as const])];
}

/** The form of an error belongs to the path: problem+json, OpenAI's, or JSON-RPC's. */
function problemContent(path: string, slugs: ProblemSlug[]): JsonObject {
  if (path === "/mcp") return { "application/json": { schema: ref("JsonRpcReply") } };
  if (path.startsWith(OPENAI_PREFIX)) {
    const code = { type: "object", properties: { error: { type: "object", properties: { code: { enum: slugs } } } } };
    return { "application/json": { schema: { allOf: [ref("OpenaiError"), code] } } };
  }
  const type = { type: "object", properties: { type: { enum: slugs.map((slug) => `/problems/${slug}`) } } };
  return { "application/problem+json": { schema: { allOf: [ref("Problem"), type] } } };
}

function problemAnswers(operation: Operation): Record<string, JsonObject> {
  const byStatus = new Map<number, ProblemSlug[]>();
  for (const slug of problemsOf(operation)) {
    const status = operation.path.startsWith(OPENAI_PREFIX) ? openaiStatus(slug) : PROBLEMS[slug][0];
    byStatus.set(status, [...(byStatus.get(status) ?? []), slug]);
  }
  const one = (status: number, slugs: ProblemSlug[]): JsonObject => ({
    description: slugs.join(", "),
    ...(status === 429 || status === 503
      ? { headers: { "Retry-After": { description: "seconds, where waiting can help", schema: { type: "integer", minimum: 1 } } } }
      : {}),
    ...(status === 401 ? { headers: { "WWW-Authenticate": { schema: { type: "string" } } } } : {}),
    content: problemContent(operation.path, slugs),
  });
  return Object.fromEntries([...byStatus].map(([status, slugs]) => [String(status), one(status, slugs)]));
}

const idOf = ({ method, path }: Operation): string => [method, ...path.split(/[/{}.]+/).filter((part) => part !== "")].join("-");

function written(operation: Operation): JsonObject {
  const { tag, summary, description, open, parameters, body, answers } = operation;
  return {
    operationId: idOf(operation),
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : {}),
    ...(parameters ? { parameters: parameters.map((one) => ({ ...one, required: one.in === "path" })) } : {}),
    ...(body ? { requestBody: { required: true, content: { "application/json": { schema: ref(body) } } } } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      ...problemAnswers(operation),
    },
  };
}

const DESCRIPTION =
  "Asks several language models the same thing at once, counts what can be counted, lets an adjudicator decide what cannot, and hands back one answer with an honest report. " +
  "Times are integer milliseconds, money is US dollars or null when unknown. Every reply carries X-Request-Id. GET answers HEAD too, and every route answers OPTIONS. " +
  "A key is needed where the operator has set some.";

function makeDocument(version: string): OpenApi {
  const paths: OpenApi["paths"] = {};
  for (const operation of OPERATIONS) paths[operation.path] = { ...paths[operation.path], [operation.method]: written(operation) };
  return {
    openapi: "3.1.0",
    info: { title: "Gekro Consensus", version, description: DESCRIPTION },
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: componentSchemas(), securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    security: [{ key: [] }, {}],
  };
}

let kept: { version: string; document: OpenApi; text: string } | null = null;
/** The document of this version, and its text. */
export function contractOf(version: string): { document: OpenApi; text: string } {
  if (kept?.version !== version) {
    const document = makeDocument(version);
    kept = { version, document, text: JSON.stringify(document) };
  }
  return kept;
}
