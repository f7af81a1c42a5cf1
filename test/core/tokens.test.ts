/** The estimator beside real tokenizers, on texts of each kind: with its margin it is below the true count only on base64-like blobs. */
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  correctFactor,
  countsDigits,
  estimateTokens,
  messageTokens,
  promptTokens,
  TOKEN_MARGIN,
  walkTokens,
} from "../../src/core/tokens.ts";

const root = join(import.meta.dirname, "../..");
let state = 7;
const next = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x7fffffff;
};
const hex = (length: number): string => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join("");
const many = (make: (index: number) => string, count = 200, separator = "\n"): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(separator);
const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
const base64 = many(() => Buffer.from(hex(60), "hex").toString("base64"), 40);

const TEXTS: Record<string, string> = {
  "TypeScript code": readFileSync(join(root, "src/egress/guard.ts"), "utf8"),
  "JavaScript code": readFileSync(join(root, "node_modules/undici/lib/dispatcher/pool.js"), "utf8"),
  "English prose": readFileSync(join(root, "LICENSE"), "utf8"),
  Markdown: readFileSync(join(root, "node_modules/undici/README.md"), "utf8").slice(0, 20_000),
  "pretty JSON": readFileSync(join(root, "package.json"), "utf8"),
  "dense JSON": JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.25, tags: ["a", "b"] }))),
  "log with hex": many(
    (index) =>
      `2026-11-22T02:${10 + (index % 50)}:07.${100 + index}Z lab sshd[${1000 + index * 7}]: session ${hex(12)} from 10.0.${index}.7 port ${40_000 + index}`,
  ),
  syslog: many((index) => `Nov 22 02:13:${10 + (index % 50)} lab kernel: [${index}.123456] eth0: link up at ${index} Mbit/s`),
  "plain numbers": many((index) => String(index * 7_919), 400, " "),
  "table of numbers": many((index) => `${index},${index * 3.25},${index * 17}`),
  hex: hex(4_000),
  "hex words": many(() => hex(16)),
  UUIDs: many(uuid),
  URLs: many((index) => `https://lab.example.org/items/${index}?page=${index % 9}&q=alpha#top`),
  "shell and paths": many((index) => `cp -r /var/lib/app/data-${index} /mnt/backup/${hex(6)} && rm -f *.tmp; echo $?`),
  German: many(() => "Die Anzahl der fehlgeschlagenen Anmeldungen überschreitet die zulässige Grenze; bitte prüfen Sie das Protokoll.", 20),
  French: many(() => "L'élève a déjà préparé la synthèse des journaux système où aucune erreur n'apparaît.", 20),
  Russian: many(() => "Количество неудачных попыток входа превышает допустимый предел, проверьте журнал.", 20),
  Greek: many(() => "Ο αριθμός των αποτυχημένων συνδέσεων υπερβαίνει το όριο.", 20),
  Arabic: many(() => "عدد محاولات تسجيل الدخول الفاشلة يتجاوز الحد المسموح به", 20),
  Hindi: many(() => "असफल लॉगिन की संख्या सीमा से अधिक है, कृपया लॉग देखें।", 20),
  Thai: many(() => "จำนวนการเข้าสู่ระบบที่ล้มเหลวเกินขีดจำกัด", 20),
  Chinese: many(() => "昨晚有四十二次登录失败,请检查系统日志并报告原因。", 40),
  Japanese: many(() => "昨夜は四十二回のログイン失敗がありました。システムログを確認してください。", 40),
  Korean: many(() => "어젯밤 로그인 실패가 마흔두 번 있었습니다. 시스템 로그를 확인하십시오.", 40),
  emoji: "😀🚀🔥✅👩‍💻🇩🇪".repeat(60),
  mixed: many((index) => `✅ step ${index}: 完了 — "ok" {"ms": ${index}} // done`),
};
/** Qwen and Gemma: one token per digit; their count is at least that of the digits plus what o200k makes of the rest. */
const perDigitCount = (text: string): number => o200k(text.replace(/\d/g, "")).length + (text.match(/\d/g)?.length ?? 0);

describe("estimate with margin", () => {
  test.each(Object.entries(TEXTS))("%s is not below the true count", (_name, text) => {
    const estimate = estimateTokens(text) * TOKEN_MARGIN;
    expect(estimate / o200k(text).length).toBeGreaterThanOrEqual(1);
    // Llama 3 counts ASCII as cl100k does; for other scripts its vocabulary is larger
    if (!/[^ -~\s]/.test(text)) expect(estimate / cl100k(text).length).toBeGreaterThanOrEqual(1);
  });
  test.each(["log with hex", "syslog", "plain numbers", "table of numbers", "hex", "UUIDs"])(
    "%s: digits apart, not below a count with one token per digit",
    (name) => {
      const text = TEXTS[name] ?? "";
      expect((estimateTokens(text, { perDigit: true }) * TOKEN_MARGIN) / perDigitCount(text)).toBeGreaterThanOrEqual(0.9);
    },
  );
  test("base64 is the known exception, and not by much", () => {
    expect((estimateTokens(base64) * TOKEN_MARGIN) / o200k(base64).length).toBeGreaterThan(0.85);
  });
  test("half of the kinds are met within a half", () => {
    const ratios = Object.values(TEXTS).map((text) => estimateTokens(text) / o200k(text).length);
    const middle = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
    expect(middle).toBeGreaterThan(1);
    expect(middle).toBeLessThan(1.5);
  });
});

describe("a walk", () => {
  test("ends between two runs, with what it says before it and no more than its limit", () => {
    for (const text of Object.values(TEXTS)) {
      const whole = walkTokens(text, Infinity).tokens;
      const { end, tokens, next: after } = walkTokens(text, whole / 2);
      expect(tokens).toBeLessThanOrEqual(whole / 2);
      expect(walkTokens(text.slice(0, end), Infinity).tokens).toBeCloseTo(tokens, 6);
      expect(walkTokens(text.slice(0, after), Infinity).tokens).toBeGreaterThan(whole / 2 - 1);
      expect(text.slice(0, end).isWellFormed()).toBe(true);
      expect(text.slice(after).isWellFormed()).toBe(true);
    }
  });
  test("lone surrogates and every single unit are counted, none splits or loops", () => {
    for (let code = 0; code < 0x10000; code += 1) {
      const text = String.fromCharCode(code);
      expect(walkTokens(text, Infinity).end).toBe(1);
    }
    expect(estimateTokens("\ud83d".repeat(3))).toBeGreaterThan(0);
  });
});

test("messages and requests bring their template", () => {
  expect(promptTokens([])).toBe(16);
  expect(messageTokens({ role: "user", content: "" })).toBe(8);
  const call = { id: "1", type: "function" as const, function: { name: "look", arguments: '{"at":"here"}' } };
  expect(messageTokens({ role: "assistant", content: null, tool_calls: [call] })).toBeGreaterThan(20);
});
test("digit-wise families are known by name", () => {
  expect(["qwen/qwen3.8-27b", "Qwen", "gemma3:4b", "llama3.2", "openai/gpt-oss-120b"].map(countsDigits)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
test("the correction moves towards reports, stays within 0.8 and 2, and ignores what is no report", () => {
  let factor = 1;
  for (let call = 0; call < 50; call += 1) factor = correctFactor(factor, 1000, 1400);
  expect(factor).toBeCloseTo(1.4, 2);
  for (let call = 0; call < 50; call += 1) factor = correctFactor(factor, 1000, 99_000);
  expect(factor).toBeCloseTo(2, 2);
  for (let call = 0; call < 90; call += 1) factor = correctFactor(factor, 1000, 10);
  expect(factor).toBeCloseTo(0.8, 2);
  for (const reported of [null, 0, -5, Number.NaN, Infinity]) expect(correctFactor(1.1, 1000, reported)).toBe(1.1);
  expect(correctFactor(1.1, 10, 100)).toBe(1.1);
});
