/** The command line itself: help, refusals that name what is accepted, and the other commands on fakes. */
import { expect, test } from "vitest";
import { ConfigError } from "../../src/core/problem.ts";
import { gekro } from "./kit.ts";

const COMMANDS = ["ask", "serve", "demo", "probe", "models", "doctor", "drill", "report", "jobs", "completion"];

test("help lists every command, and each has examples", async () => {
  const { code, out } = await gekro(["--help"]);
  expect(code).toBe(0);
  for (const name of COMMANDS) expect(out).toContain(`\n  ${name}`);
  for (const name of COMMANDS.slice(0, -1)) expect((await gekro([name, "--help"])).out).toContain("$ ");
});
test("no command is a usage error that shows the help", async () => {
  const { code, out, err } = await gekro([]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("Usage: gekro");
});
test("an unknown command or flag names the accepted ones", async () => {
  const command = await gekro(["aks", "x"]);
  expect(command.code).toBe(2);
  expect(command.err).toContain("unknown command 'aks'");
  expect(command.err).toContain("commands: ask, serve, demo");
  const flag = await gekro(["ask", "x", "--stratgy", "vote"]);
  expect(flag.code).toBe(2);
  expect(flag.err).toContain("--strategy");
  const value = await gekro(["ask", "x", "--strategy", "loudest"]);
  expect(value.err).toContain("Allowed choices are auto, vote, pick, merge, rank, cascade, fallback");
});
test("the version is the package's", async () => {
  expect((await gekro(["--version"])).out).toBe("0.0.0-test\n");
});
test("a bad variable ends in 78 and one line", async () => {
  const openEngine = () => Promise.reject(new ConfigError("CONSENSUS_QUORUM", "accepts a whole number from 1 to 16"));
  const { code, out, err } = await gekro(["ask", "x"], { ports: { openEngine } });
  expect([code, out, err]).toEqual([78, "", "gekro: CONSENSUS_QUORUM: accepts a whole number from 1 to 16\n"]);
});
test("serve and demo hand over to the service entries", async () => {
  const started: string[] = [];
  const start = async (service: string): Promise<void> => void started.push(service);
  await gekro(["serve"], { ports: { start } });
  await gekro(["demo"], { ports: { start } });
  expect(started).toEqual(["serve", "demo"]);
});
test("jobs need a service, and say so", async () => {
  const { code, err } = await gekro(["jobs"]);
  expect(code).toBe(2);
  expect(err).toContain("jobs live in a running service");
});
test("reports: none yet, and an unknown one", async () => {
  expect((await gekro(["report"])).err).toBe("no reports yet\n");
  const { code, err } = await gekro(["report", "run_0"]);
  expect([code, err]).toEqual([1, "gekro: not-found: there is no report of this id\n"]);
});
test("probe names the providers there are", async () => {
  const { code, err } = await gekro(["probe", "nobody/x", "hi"]);
  expect(code).toBe(2);
  expect(err).toContain("no provider is named nobody");
});
