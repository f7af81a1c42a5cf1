/** ollama: the conformance suite, and what this service does its own way. */
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { ollamaWire } from "./wires.ts";

describe("ollama conforms", () => conformance({ dialect: "ollama", basePath: "", path: "/api/chat", wire: ollamaWire }));
