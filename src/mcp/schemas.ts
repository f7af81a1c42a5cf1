/** The schemas of the tools as MCP publishes them. They are made once, and published only: arguments are checked by the request's own rules, which answer with pointers. */
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { z } from "zod";
import { problemSchema, reportSchema } from "../consensus/report-schema.ts";
import { requestSchema } from "../consensus/schema.ts";
import { FIELD_WORDS } from "../consensus/field-words.ts";

type JsonObject = Record<string, unknown>;
export type Arguments = Record<string, unknown>;

/** `additionalProperties: {}` says nothing, many times over, to a model that pays for every word. */
const isSilent = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;
function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const made = z.toJSONSchema(schema, {
    io,
    target: "draft-2020-12",
    override: ({ jsonSchema }) => {
      if (isSilent(jsonSchema.additionalProperties)) delete jsonSchema.additionalProperties;
    },
  });
  const { $schema: _, ...rest } = made as JsonObject;
  return rest;
}

function published<T>(json: JsonObject): StandardSchemaWithJSON<T, T> {
  const make = (): JsonObject => json;
  return {
    "~standard": {
      version: 1,
      vendor: "gekro",
      validate: (value) => ({ value: value as T }),
      jsonSchema: { input: make, output: make },
    },
  };
}

function described(schema: JsonObject): JsonObject {
  const words: Record<string, string> = FIELD_WORDS;
  const fields = Object.entries(schema["properties"] as Record<string, JsonObject>);
  return { ...schema, properties: Object.fromEntries(fields.map(([name, field]) => [name, { description: words[name], ...field }])) };
}

export const requestArguments = published<Arguments>(described(schemaOf(requestSchema, "input")));
export const idArguments = published<Arguments>(schemaOf(z.strictObject({ id: z.string().describe("the report's id (run_…)") }), "input"));
/** Its report has the first of the two forms, and is not written out twice. */
const problem = problemSchema.extend({ report: z.looseObject({}).optional() });
/** Some clients hold a tool error to the same schema, so that it admits the problem object too. */
export const reportOrProblem = published<JsonObject>({
  type: "object",
  anyOf: [schemaOf(reportSchema, "output"), schemaOf(problem, "output")],
});
