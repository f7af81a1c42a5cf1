/** The schemas of the tools as MCP publishes them. They are made once, and published only: arguments are checked by the request's own rules, which answer with pointers. */
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { z } from "zod";
import { problemSchema, reportSchema } from "../consensus/report-schema.ts";
import { requestSchema } from "../consensus/schema.ts";

type JsonObject = Record<string, unknown>;
export type Arguments = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: "input" | "output"): JsonObject => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12" }) as JsonObject;
  return rest;
};

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

export const requestArguments = published<Arguments>(schemaOf(requestSchema, "input"));
export const idArguments = published<Arguments>(schemaOf(z.strictObject({ id: z.string().describe("the report's id (run_…)") }), "input"));
/** Some clients hold a tool error to the same schema, so that it admits the problem object too. */
export const reportOrProblem = published<JsonObject>({
  type: "object",
  anyOf: [schemaOf(reportSchema, "output"), schemaOf(problemSchema, "output")],
});
