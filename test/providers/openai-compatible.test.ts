/** openai-compatible: the conformance suite, and what this service does its own way. */
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { openAiWire } from "./wires.ts";

describe("openai-compatible conforms", () =>
  conformance({ dialect: "openai-compatible", basePath: "/v1", path: "/v1/chat/completions", wire: openAiWire }));
