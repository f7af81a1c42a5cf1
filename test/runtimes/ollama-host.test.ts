/** OLLAMA_HOST: every row is a value that Ollama's own client or server accepts, or one that must stop the start. */
import { describe, expect, test } from "vitest";
import { parseOllamaHost } from "../../src/runtimes/ollama-host.ts";

describe("OLLAMA_HOST", () => {
  test.each([
    ["", "http://127.0.0.1:11434"],
    ["localhost", "http://127.0.0.1:11434"],
    ["localhost:8080", "http://127.0.0.1:8080"],
    ["1.2.3.4", "http://1.2.3.4:11434"],
    ["x.y", "http://x.y:11434"],
    ["MyPi.lan:80", "http://mypi.lan"],
    [":8080", "http://127.0.0.1:8080"],
    ["http://x", "http://x"],
    ["https://x", "https://x"],
    ["http://x:80", "http://x"],
    ["https://x:443/", "https://x"],
    ["https://x:8443/p/", "https://x:8443/p"],
    ["x:1234/p", "http://x:1234/p"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:1234", "http://127.0.0.1:1234"],
    ["http://0.0.0.0:1234", "http://127.0.0.1:1234"],
    ["[::1]", "http://[::1]:11434"],
    ["[::1]:99", "http://[::1]:99"],
    ["::1", "http://[::1]:11434"],
    ["[::]", "http://[::1]:11434"],
    ["[::]:99", "http://[::1]:99"],
    ["ollama.com", "https://ollama.com"],
    ["https://ollama.com", "https://ollama.com"],
    ["ollama.com:443", "https://ollama.com"],
    [' "http://x:1" ', "http://x:1"],
    ["'x'", "http://x:11434"],
    ["HTTP://x:1", "http://x:1"],
  ])("%j is %s", (text, baseUrl) => {
    expect(parseOllamaHost(text)).toEqual({ kind: "url", baseUrl, userInfo: null });
  });
  test.each([
    ["http://u:p@h:1", "http://h:1", "u:p"],
    ["https://u:p%40ss@h", "https://h", "u:p@ss"],
  ])("%s becomes a Basic header, and its user info leaves the URL", (text, baseUrl, userInfo) => {
    expect(parseOllamaHost(text)).toEqual({ kind: "url", baseUrl, userInfo });
  });
  test("auto asks for a probe", () => {
    expect(parseOllamaHost(" auto ")).toEqual({ kind: "auto" });
  });
  test.each([
    "ftp://x",
    "unix:/run/x",
    "x:99999",
    "x:port",
    "2130706433",
    "0177.0.0.1",
    "127.1",
    "http://x?y",
    "http://x/#y",
    "fe80::1%eth0",
    "http://x/../y",
    "http://ｘ",
    "a b",
    "[::1",
  ])("%j is refused", (text) => {
    expect(parseOllamaHost(text)).toEqual({ kind: "refused" });
  });
  test("100,000 characters end at once", () => {
    for (const piece of [":", "[", "@", "/", "a", "http://", '"', " "]) {
      const start = performance.now();
      parseOllamaHost(piece.repeat(100_000 / piece.length));
      expect(performance.now() - start).toBeLessThan(50);
    }
  });
});
