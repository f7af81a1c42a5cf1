/** Listeners that never answer, in the place of services that must not be called: they count who came and what was sent. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface Sink {
  url: string;
  connects: number;
  bytes: number;
  close(): Promise<void>;
}

export async function startSink(address: string): Promise<Sink> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sink.connects += 1;
    sockets.add(socket);
    socket.on("data", (chunk) => (sink.bytes += chunk.length));
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, address);
  await once(server, "listening");
  const sink: Sink = {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    connects: 0,
    bytes: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return sink;
}

/** What a client of these services is told to call: sinks on loopback addresses that are services in the cloud all the same, and names that a resolver would have to be asked for. */
export async function startCloudOfSinks(): Promise<{ sinks: Sink[]; env: Record<string, string>; close(): Promise<void> }> {
  const [together, groq, anthropic, relay] = await Promise.all(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"].map(startSink));
  const sinks = [together, groq, anthropic, relay].filter((sink) => sink !== undefined);
  const env = {
    TOGETHER_API_KEY: "made-up-together",
    TOGETHER_BASE_URL: `${together?.url}/v1`,
    GROQ_API_KEY: "made-up-groq",
    GROQ_BASE_URL: groq?.url ?? "",
    OPENAI_API_KEY: "made-up-openai",
    OPENAI_BASE_URL: "https://openai.sink.invalid/v1",
    ANTHROPIC_API_KEY: "made-up-anthropic",
    ANTHROPIC_BASE_URL: anthropic?.url ?? "",
    CONSENSUS_PROVIDERS: JSON.stringify({
      relay: { base_url: `${relay?.url}/v1`, model: "m" },
      named: { base_url: "https://relay.sink.invalid/v1", model: "m" },
    }),
    CONSENSUS_OTEL_ENDPOINT: "https://collector.sink.invalid",
    CONSENSUS_PANEL: "together/a,groq/b,ollama/llama3.2,openai/c,anthropic/claude-haiku-4-5,relay/m,named/m,ollama/qwen3:4b",
    CONSENSUS_ADJUDICATORS: "groq/b,relay/m,openai/c,ollama/llama3.2,named/m",
    CONSENSUS_HEDGE: JSON.stringify({ "ollama/llama3.2": "groq/b", "ollama/qwen3:4b": "relay/m" }),
  };
  return {
    sinks,
    env,
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
