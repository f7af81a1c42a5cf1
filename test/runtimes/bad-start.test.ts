/** The start of the real process with a configuration it cannot take: exit code 78, one line that names the variable, no stack. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const entry = join(import.meta.dirname, "../../src/runtimes/node.ts");
interface Ended {
  code: number | null;
  errors: string;
}
const start = (env: Record<string, string>): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry], {
      env: { PATH: process.env["PATH"] ?? "", CONSENSUS_DB: ":memory:", PORT: "0", ...env },
      timeout: 15_000,
    });
    let errors = "";
    child.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    child.on("error", reject).on("close", (code) => resolve({ code, errors }));
  });

test.each([
  ["HOST", "0.0.0.0"],
  ["PORT", "http"],
  ["CONSENSUS_PROVIDERS", '{"pi":{"base_url":"http://127.1:1234/v1","local":true}}'],
])("%s=%s", async (variable, text) => {
  const { code, errors } = await start({ [variable]: text });
  expect(code).toBe(78);
  expect(errors).toMatch(new RegExp(`^${variable}: accepts [^\\n]+\\n$`));
});
