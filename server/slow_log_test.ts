import { assertEquals } from "@std/assert";
import { SlowLog } from "./slow_log.ts";

function addCommand(log: SlowLog, words: readonly string[]): void {
  const bytes = new TextEncoder().encode(words.join(""));
  const args = new Int32Array(2 * words.length);
  let at = 0;
  words.forEach((word, i) => {
    args[2 * i] = at;
    at += word.length;
    args[2 * i + 1] = at;
  });
  const argumentCount = words.length;
  log.add({ args, argumentCount, bytes, micros: 7, nowMs: 5999, client: "c", name: "n" });
}

Deno.test("the newest commands are kept, newest first", () => {
  const log = new SlowLog();
  log.lengthMax = 2;
  for (const word of ["one", "two", "three"]) addCommand(log, [word]);
  const common = { atSeconds: 5, micros: 7, client: "c", name: "n" };
  assertEquals(log.entries, [
    { id: 2, words: ["three"], ...common },
    { id: 1, words: ["two"], ...common },
  ]);
  log.lengthMax = 1;
  assertEquals(log.entries.map(({ id }) => id), [2]);
  log.clear();
  addCommand(log, ["four"]);
  assertEquals(log.entries.map(({ id }) => id), [3]);
});

Deno.test("long words and many words are cut, and it is said how much is missing", () => {
  const log = new SlowLog();
  addCommand(log, ["x".repeat(128), "x".repeat(129), ...Array.from({ length: 31 }, () => "y")]);
  const { words } = log.entries[0]!;
  assertEquals(words.length, 32);
  assertEquals(words[0], "x".repeat(128));
  assertEquals(words[1], "x".repeat(128) + "... (1 more bytes)");
  assertEquals(words[31], "... (2 more arguments)");
});
