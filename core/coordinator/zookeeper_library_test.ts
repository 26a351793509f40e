/**
 * What is changed in the client library.
 *
 * @module
 */

// @ts-types="./node_zookeeper_client.d.ts"
import library from "node-zookeeper-client";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { numberAfter, sessionText } from "./zookeeper_client.ts";
import { createRawClient, OPEN_ACL, OWN_ACL, READABLE_ACL } from "./zookeeper_library.ts";

Deno.test("an error code that the library does not know is an error, not the end of the process", () => {
  const quotaExceeded = library.Exception.create(-125);

  assertEquals([quotaExceeded.code, quotaExceeded.message], [-125, "ZooKeeper's code -125"]);
  assertEquals(library.Exception.create(-101).name, "NO_NODE");
});

Deno.test("the library has the parts that are replaced", () => {
  const { connectionManager: manager } = createRawClient(4000);

  assertStrictEquals(manager.state, 0);
  assertStrictEquals(manager.sessionTimeout, 4000);
});

Deno.test("nodes belong to their credentials; Jodis nodes can be read by all", () => {
  assertEquals([OPEN_ACL.length, OWN_ACL.length, READABLE_ACL.length], [1, 1, 2]);
  assertEquals(
    READABLE_ACL.map((entry) => JSON.parse(JSON.stringify(entry))),
    [
      { permission: 31, id: { scheme: "auth", id: "" } },
      { permission: 1, id: { scheme: "world", id: "anyone" } },
    ],
  );
});

Deno.test("request numbers start again before they leave 32 bits", () => {
  assertEquals([7, 0x7f000000, 0x7f000001, 0x7fffffff].map(numberAfter), [7, 0x7f000000, 1, 1]);
});

Deno.test("a session is called as in ZooKeeper's logs", () => {
  assertEquals(sessionText(0x10000ceafe60000n), "0x10000ceafe60000");
});
