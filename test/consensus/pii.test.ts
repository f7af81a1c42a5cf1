/** The brake: known shapes are seen by kind and count, look-alikes are not, and hostile text ends in time. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { findPersonalData } from "../../src/consensus/pii.ts";

const found = (text: string): Record<string, number> => Object.fromEntries(findPersonalData(text).map(({ kind, count }) => [kind, count]));

describe("what is seen", () => {
  test.each([
    ["key", "sk-proj-AbCdEfGhIjKlMnOpQrSt"],
    ["key", "export GROQ_API_KEY=gsk_aaaaaaaaaaaaaaaaaaaaaaaa"],
    ["key", "AKIA0000000000000000"],
    ["key", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijklmnop"],
    ["key", "-----BEGIN RSA PRIVATE KEY-----"],
    ["key", '{"password": "hunter2-and-more"}'],
    ["key", "Authorization: Basic dXNlcjpwYXNz"],
    ["e-mail", "write to jane.doe+lab@mail.example.org, please"],
    ["card", "4111 1111 1111 1111"],
    ["card", "5500-0000-0000-0004"],
    ["card", "378282246310005"],
    ["iban", "DE89 3704 0044 0532 0130 00"],
    ["iban", "pay to GB82WEST12345698765432 today"],
    ["iban", "FR1420041010050500013M02606"],
    ["phone", "+49 (0)30 1234567"],
    ["phone", "+1-555-010-9999"],
    ["phone", "call (212) 555-0123"],
    ["ip", "Failed password from 203.0.113.9 port 22"],
    ["ip", "at 2001:db8:0:0:0:0:2:1"],
    ["ip", "fe80::1:2:3"],
    ["national-id", "SSN 123-45-6789"],
    ["national-id", "AB 12 34 56 C"],
    ["national-id", "DNI 12345678Z"],
    ["national-id", "X1234567L"],
    ["national-id", "1 85 05 78 006 084 91"],
    ["national-id", "529.982.247-25"],
    ["national-id", "756.9217.0769.85"],
    ["national-id", "RSSMRA85T10A562S"],
    ["national-id", "811218-9876"],
  ])("%s in %j", (kind, text) => {
    expect(found(text)).toEqual({ [kind]: 1 });
    expect(found(`before ${text} after`)).toEqual({ [kind]: 1 });
  });
  test("several of several kinds are counted, each once", () => {
    expect(found("a@b.example c@d.example 4111111111111111 203.0.113.9")).toEqual({ "e-mail": 2, card: 1, ip: 1 });
  });
  test("a finding names its kind and count and nothing of the text", () => {
    expect(JSON.stringify(findPersonalData("jane.doe@mail.example"))).toBe('[{"kind":"e-mail","count":1}]');
  });
});

describe("what is left alone", () => {
  test.each([
    "",
    "There are 42 failed logins between 02:00:00 and 03:15:59.",
    "2026-11-22T02:00:00.123Z lab sshd[1234]: session closed",
    "version 1.2.3.4.5 of 10.2",
    "listening on 127.0.0.1:11434",
    "4111 1111 1111 1112",
    "1234567890123456",
    "DE89 3704 0044 0532 0130 01",
    "666-12-3456",
    "12345678A",
    "529.982.247-26",
    "std::vector<int> a::b",
    "user@localhost",
    "commit 3f2a9c1e5b7d",
    "a basic understanding of bearers",
    "550e8400-e29b-41d4-a716-446655440000",
  ])("%j", (text) => {
    expect(found(text)).toEqual({});
  });
});

const secrets = resolve(import.meta.dirname, "../../../shared/attacks/own/fake_secrets.json");
const present = existsSync(secrets);
test.skipIf(!present)(`the made-up secrets are seen as keys${present ? "" : " (skipped: corpus not present)"}`, () => {
  const items: { kind: string; parts: string[] }[] = JSON.parse(readFileSync(secrets, "utf8")).items;
  const missed = items.filter(({ parts }) => found(`key: ${parts.join("")}`)["key"] === undefined).map(({ kind }) => kind);
  // a bare run of hex is a checksum as often as a key
  expect(missed).toEqual(["together"]);
});

describe("100,000 hostile characters end in time", () => {
  const pieces = [
    "a",
    "1",
    "-",
    "@",
    "a@",
    "a.",
    "1.",
    "1 ",
    "1-",
    "+1",
    "(2",
    ":",
    "a:",
    "AB12 ",
    "eyJ.",
    "sk-",
    "password=",
    "Bearer ",
    "é",
    "-----BEGIN ",
    "A1",
    " ",
  ];
  test.each(pieces)("%j", (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length)).slice(0, 100_000);
    const before = process.cpuUsage();
    findPersonalData(`${text}!`);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(250);
  });
});
