/** THE ONE LIST of commands: a new one is a file and a line here. */
import { addAsk } from "./ask.ts";
import { addDoctor } from "./doctor.ts";
import { addDrill } from "./drill.ts";
import { addDemo, addServe } from "./start.ts";
import { addEval } from "./eval.ts";
import { addJobs } from "./jobs.ts";
import { addMcp } from "./mcp.ts";
import { addModels } from "./models.ts";
import type { AddCommand } from "./ports.ts";
import { addProbe } from "./probe.ts";
import { addReport } from "./report.ts";

export const COMMANDS: readonly AddCommand[] = [
  addAsk,
  addServe,
  addDemo,
  addMcp,
  addProbe,
  addModels,
  addDoctor,
  addDrill,
  addReport,
  addJobs,
  addEval,
];
