/** What the engine loads when it is first needed, loaded beforehand: the time that a disk takes is no time of a simulated world. */
import "ollama/browser";
import "../../src/providers/anthropic-client.ts";
import "../../src/providers/groq-client.ts";
import "../../src/providers/openai-client.ts";
