/** `npm start` under a real npm: a signal to npm reaches the service, which ends in good order; npm ends with it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test.skipIf(process.platform === "win32").each(["start", "demo"])(
  "SIGTERM to npm ends the service of npm run %s, with exit code 0",
  async (script) => {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      CONSENSUS_DB: ":memory:",
      npm_config_update_notifier: "false",
    };
    const npm = spawn("npm", ["run", script], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<[number | null, string | null]>((resolve) => npm.once("exit", (code, signal) => resolve([code, signal])));
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      npm.stdout.on("data", (bytes) => {
        const found = /listens on (http:\S+)/.exec((said += String(bytes)))?.[1];
        if (found !== undefined) resolve(found);
      });
      npm.once("exit", () => reject(new Error(said)));
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    npm.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  },
);
