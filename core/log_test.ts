import { assertEquals } from "@std/assert";
import { formatLogLine, Log } from "./log.ts";

Deno.test("formatLogLine() quotes what would not read as one word", () => {
  assertEquals(
    formatLogLine({ event: "server lost", addr: "127.0.0.1:1", count: 2, gone: undefined }, false),
    `event="server lost" addr=127.0.0.1:1 count=2`,
  );
});

Deno.test("formatLogLine() writes JSON where asked to", () => {
  assertEquals(formatLogLine({ event: "a b", n: 1 }, true), `{"event":"a b","n":1}`);
});

Deno.test("a log drops events below its level and names its part", () => {
  const lines: string[] = [];
  const log = new Log("proxy", { level: "warn", json: false, write: (line) => lines.push(line) });

  log.info("ignored");
  log.of("proxy/worker").warn("slow", { ms: 3 });

  assertEquals(lines.map((line) => line.replace(/^time=\S+ /, "")), [
    "level=warn component=proxy/worker event=slow ms=3",
  ]);
});
