/** anthropic: the conformance suite, and what this service does its own way. */
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { anthropicWire } from "./wires.ts";

describe("anthropic conforms", () => conformance({ dialect: "anthropic", basePath: "", path: "/v1/messages", wire: anthropicWire }));
