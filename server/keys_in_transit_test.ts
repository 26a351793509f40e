import { assertEquals } from "@std/assert";
import { KeysInTransit } from "./keys_in_transit.ts";

const encoder = new TextEncoder();

function has(keys: KeysInTransit, text: string): boolean {
  const bytes = encoder.encode(`<${text}>`);
  return keys.has(bytes, 1, bytes.length - 1);
}

Deno.test("a key is on its way from add to delete, once for each database", () => {
  const keys = new KeysInTransit();
  keys.add(encoder.encode("a"));
  keys.add(encoder.encode("b"));
  keys.add(encoder.encode("a"));
  assertEquals([has(keys, "a"), has(keys, "b"), has(keys, "c"), keys.size], [true, true, false, 3]);
  keys.delete(encoder.encode("a"));
  assertEquals([has(keys, "a"), keys.size], [true, 2]);
  keys.delete(encoder.encode("a"));
  assertEquals([has(keys, "a"), has(keys, "b"), keys.size], [false, true, 1]);
});

Deno.test("keys with the same hash are told apart", () => {
  const keys = new KeysInTransit();
  // The two have the same CRC-32.
  keys.add(encoder.encode("plumless"));
  assertEquals([has(keys, "plumless"), has(keys, "buckeroo")], [true, false]);
  keys.add(encoder.encode("buckeroo"));
  keys.delete(encoder.encode("plumless"));
  assertEquals([has(keys, "plumless"), has(keys, "buckeroo")], [false, true]);
});

Deno.test("those who wait are called once, and may wait again", () => {
  const keys = new KeysInTransit();
  const calls: string[] = [];
  keys.wait(() => {
    calls.push("first");
    keys.wait(() => calls.push("again"));
  });
  keys.wait(() => calls.push("second"));
  keys.resolved();
  assertEquals(calls, ["first", "second"]);
  keys.resolved();
  keys.resolved();
  assertEquals(calls, ["first", "second", "again"]);
});
