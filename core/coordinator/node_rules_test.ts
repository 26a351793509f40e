/**
 * Paths and texts that a coordinator takes.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { checkedBytes, checkedPath } from "./node_rules.ts";

Deno.test("a path is names behind slashes, none of them relative", () => {
  for (const path of ["/a", "/a/b.c/.d/..e/F_9-", "/..."]) assertEquals(checkedPath(path), path);
  for (const path of ["", "/", "a", "/a/", "//a", "/a b", "/.", "/a/..", "/a/./b", "/ü"]) {
    assertThrows(() => checkedPath(path), TypeError, `"${path}"`);
  }
});

Deno.test("a node's text has 1 to 1 000 000 bytes", () => {
  assertEquals(checkedBytes("/a", "ü"), new Uint8Array([0xc3, 0xbc]));
  assertEquals(checkedBytes("/a", "x".repeat(1_000_000)).length, 1_000_000);
  assertThrows(() => checkedBytes("/a", ""), RangeError, `Cannot write "/a": 0 bytes`);
  assertThrows(() => checkedBytes("/a", "ü".repeat(500_001)), RangeError, "1000002 bytes");
});
