/** `npm start`: the service on Node, configured by the environment and .env; never simulates. */
import { serve } from "./serve.ts";
import { exitWith, logStrays, settingsFromEnvironment, stopOnSignal } from "./start.ts";

try {
  const settings = await settingsFromEnvironment();
  const service = await serve(settings);
  logStrays(service);
  stopOnSignal(service);
  const panel = settings.panel.length > 0 ? settings.panel.join(", ") : "nobody: set a key or OLLAMA_HOST, see README.md";
  const keyless = settings.providers.filter((one) => !one.configured).map((one) => one.name);
  const without = keyless.length > 0 ? `\nWithout a key: ${keyless.join(", ")}` : "";
  console.log(`Gekro Consensus ${settings.version} listens on ${service.url}\nPanel: ${panel}${without}\nWho answers: gekro doctor`);
} catch (error) {
  exitWith(error);
}
