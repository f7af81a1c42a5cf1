/** `npm start`: the service on Node, configured by the environment and .env; never simulates. */
import { serve } from "./serve.ts";
import { exitWith, greeting, logStrays, settingsFromEnvironment, stopOnSignal } from "./start.ts";

try {
  const settings = await settingsFromEnvironment();
  const service = await serve(settings);
  logStrays(service);
  stopOnSignal(service);
  console.log(greeting(settings, service.url));
} catch (error) {
  exitWith(error);
}
