/** The panel as a LangChain.js chat model: npm install @langchain/openai. */
import { ChatOpenAI } from "@langchain/openai";

const model = new ChatOpenAI({
  model: "consensus",
  apiKey: process.env.CONSENSUS_KEY ?? "none",
  // the service retries where it can help; a second layer would only multiply
  maxRetries: 0,
  configuration: { baseURL: `${process.env.CONSENSUS_URL ?? "http://127.0.0.1:8787"}/v1` },
  modelKwargs: { consensus: { answer: { type: "choice", choices: ["yes", "no"] }, deadline_ms: 30_000 } },
});

const reply = await model.invoke("Is a tomato a fruit? Answer yes or no.");
console.log(reply.text);
