/** `npm run demo`: the whole real path without a key: the service, and three simulated providers on loopback that speak the real formats. */
import { startSimulator } from "../simulator/simulator.ts";
import { readSettings } from "./config.ts";
import { serve } from "./serve.ts";
import { exitWith, logStrays, stopOnSignal, VERSION } from "./start.ts";

/** Only where the service listens may be chosen; nothing of a real configuration reaches the demo. */
const { HOST, PORT, CONSENSUS_API_KEYS, LOG_LEVEL = "error" } = process.env;

/** Plausible waits, so that members are seen to arrive one after another. */
const LATENCY_MS = { together: 300, groq: 80, ollama: 600 };

const whatNext = (url: string): string => `
Everything here is simulated ("simulated": true): the models can add, what else they say is made up. Ask:

  curl -s ${url}/consensus -H 'content-type: application/json' \\
    -d '{"prompt":"What is 17 + 25?","answer":{"type":"number"}}'

Pull a plug, ask again, and put it back:

  curl -s ${url}/simulator/together -H 'content-type: application/json' -d '{"fault":"503"}'
  curl -s ${url}/simulator/together -H 'content-type: application/json' -d '{"fault":null}'

After some failures a member's circuit opens: it is passed over for a few seconds, also when its plug is back; /status says until when.
Other plugs are groq and ollama, other faults refused, stall, html-200; a wrong name shows all of them.

Watch a run:    curl -sN ${url}/consensus -H 'content-type: application/json' -H 'accept: text/event-stream' -d '{"prompt":"Why is the sky blue?"}'
Look around:    ${url}/status   ${url}/reports   ${url}/docs   (Ctrl-C ends the demo)
`;

try {
  const simulator = await startSimulator({ latencyMs: LATENCY_MS, listedModelsOnly: true });
  const env = { ...simulator.environment(), HOST, PORT, CONSENSUS_API_KEYS, LOG_LEVEL, CONSENSUS_DB: ":memory:" };
  const settings = await readSettings(env, { version: VERSION, simulated: true });
  const service = await serve(settings, { plugs: simulator });
  logStrays(service);
  stopOnSignal(service, () => simulator.close());
  console.log(`Gekro Consensus ${settings.version} (demo) listens on ${service.url}\nPanel: ${settings.panel.join(", ")}`);
  console.log(whatNext(service.url));
} catch (error) {
  exitWith(error);
}
