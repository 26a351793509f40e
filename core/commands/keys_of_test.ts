import { assertEquals } from "@std/assert";
import { keysOf, soleKeyOf } from "./keys_of.ts";
import { commandId } from "./table.ts";

const encoder = new TextEncoder();

/** The keys that `keysOf` finds in a request written with spaces (`''` is an empty argument). */
function keysIn(request: string, name: string = request.split(" ")[0]!): string[] | -1 {
  const words = request.split(" ").map((word) => word === "''" ? "" : word);
  const args = new Int32Array(2 * words.length);
  let end = 0;
  words.forEach((word, index) => {
    args[2 * index] = end;
    end += word.length;
    args[2 * index + 1] = end;
  });
  const out = new Int32Array(words.length);
  const count = keysOf(commandId(name), args, words.length, encoder.encode(words.join("")), out);
  return count < 0 ? -1 : Array.from(out.subarray(0, count), (index) => words[index]!);
}

Deno.test("a command has a sole key only if no argument can name another", () => {
  const names = [
    "get",
    "zadd",
    "object|encoding",
    "mget",
    "zunionstore",
    "sort",
    "georadius",
    "ping",
  ];
  assertEquals(names.map((name) => soleKeyOf[commandId(name)]), [1, 1, 2, 0, 0, 0, 0, 0]);
});

Deno.test("keys in a range are found by their step", () => {
  assertEquals(keysIn("get a"), ["a"]);
  assertEquals(keysIn("mset a 1 b 2"), ["a", "b"]);
  assertEquals(keysIn("bitop and d a b"), ["d", "a", "b"]);
  assertEquals(keysIn("blpop a b 0"), ["a", "b"]);
  assertEquals(keysIn("slotsrestore a 0 x b 0 y"), ["a", "b"]);
  assertEquals(keysIn("object encoding k", "object|encoding"), ["k"]);
});

Deno.test("a command without keys has none", () => {
  assertEquals(keysIn("ping"), []);
  assertEquals(keysIn("publish channel message"), []);
  assertEquals(keysIn("spublish channel message"), []);
});

Deno.test("keys that a number announces are found", () => {
  assertEquals(keysIn("eval script 2 a b c"), ["a", "b"]);
  assertEquals(keysIn("eval script 0 c"), []);
  assertEquals(keysIn("zunionstore d 2 a b WEIGHTS 1 2"), ["d", "a", "b"]);
  assertEquals(keysIn("lmpop 2 a b LEFT"), ["a", "b"]);
  assertEquals(keysIn("blmpop 0 1 a LEFT"), ["a"]);
});

Deno.test("a number of keys that cannot be makes no sense", () => {
  for (const number of ["x", "-1", "+1", "01", "1e1", "''", "3", "99999999999999999999"]) {
    assertEquals(keysIn(`eval script ${number} a b`), -1, number);
  }
  assertEquals(keysIn("zunion 0 a"), -1);
});

Deno.test("keys behind a word are found, in any case of the word", () => {
  assertEquals(keysIn("xread COUNT 1 streams a b 0 0"), ["a", "b"]);
  assertEquals(keysIn("xreadgroup GROUP g c STREAMS a >"), ["a"]);
  assertEquals(keysIn("xread COUNT 1 BLOCK 0"), -1);
  assertEquals(keysIn("georadius k 1 2 3 m STORE d"), ["k", "d"]);
  assertEquals(keysIn("georadius k 1 2 3 m STOREDIST d ASC"), ["k", "d"]);
  assertEquals(keysIn("georadius k 1 2 3 m ASC"), ["k"]);
});

Deno.test("SORT's destination is its last STORE that is no value of another option", () => {
  assertEquals(keysIn("sort k BY STORE GET store LIMIT 0 1 STORE d"), ["k", "d"]);
  assertEquals(keysIn("sort k STORE a STORE b"), ["k", "b"]);
  assertEquals(keysIn("sort k BY weight_* GET #"), ["k"]);
  assertEquals(keysIn("sort k STORE"), ["k"]);
});

Deno.test("MIGRATE's KEYS take the place of an empty key", () => {
  assertEquals(keysIn("migrate h 1 '' 0 9 KEYS a b"), ["a", "b"]);
  assertEquals(keysIn("migrate h 1 '' 0 9 COPY AUTH keys KEYS keys"), ["keys"]);
  assertEquals(keysIn("migrate h 1 k 0 9 REPLACE"), ["k"]);
  assertEquals(keysIn("migrate h 1 k 0 9 KEYS a"), -1);
});
