/**
 * Which failures leave it open whether a write was applied.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { hasCode, ZOOKEEPER_CODE, ZookeeperError } from "./zookeeper_error.ts";

Deno.test("only a sent write that was not refused may have been applied", () => {
  const { connectionLoss, noNode, badVersion } = ZOOKEEPER_CODE;
  const quotaExceeded = -125;
  const outcomes = [
    [connectionLoss, true],
    [connectionLoss, false],
    [-7, true],
    [noNode, true],
    [badVersion, true],
    [quotaExceeded, true],
  ] as const;

  assertEquals(
    outcomes.map(([code, sentWrite]) => new ZookeeperError(code, "", { sentWrite }).outcomeUnknown),
    [true, false, true, false, false, false],
  );
});

Deno.test("an error is known by any of several codes", () => {
  const error = new ZookeeperError(-101, "no node", { sentWrite: false });

  assertEquals([hasCode(error, -110, -101), hasCode(error, -110), hasCode(new Error("x"), -101)], [
    true,
    false,
    false,
  ]);
});
