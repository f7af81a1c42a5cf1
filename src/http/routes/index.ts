/** THE ONE LIST of routes: a new one is a file and a line here. */
import type { Route } from "../deps.ts";
import { consensusRoute } from "./consensus.ts";
import { contractRoutes } from "./contract.ts";
import { healthRoutes } from "./health.ts";
import { jobRoutes } from "./jobs.ts";
import { metricsRoute } from "./metrics.ts";
import { openaiRoutes } from "./openai.ts";
import { pageRoutes } from "./pages.ts";
import { reportRoutes } from "./reports.ts";
import { responsesRoute } from "./responses.ts";
import { simulatorRoute } from "./simulator.ts";

export const ROUTES: readonly Route[] = [
  consensusRoute,
  ...openaiRoutes,
  responsesRoute,
  ...reportRoutes,
  ...jobRoutes,
  ...healthRoutes,
  metricsRoute,
  ...contractRoutes,
  ...pageRoutes,
  simulatorRoute,
];
