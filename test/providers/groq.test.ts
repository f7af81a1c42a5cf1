/** groq: the conformance suite, and what this service does its own way. */
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { openAiWire } from "./wires.ts";

describe("groq conforms", () => conformance({ dialect: "groq", basePath: "", path: "/openai/v1/chat/completions", wire: openAiWire }));
