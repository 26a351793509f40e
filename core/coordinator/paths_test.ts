/**
 * Where everything is at the coordinator.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  historyPath,
  jodisPath,
  migrationPath,
  pathsOf,
  productRoots,
  proxyPath,
} from "./paths.ts";

Deno.test("paths are where the design says", () => {
  assertEquals(pathsOf("demo"), {
    topology: "/codis/demo/topology",
    history: "/codis/demo/history",
    leader: "/codis/demo/managers/leader",
    proxies: "/codis/demo/proxies",
    migrations: "/codis/demo/migrations",
    jodis: "/jodis/demo",
  });
  assertEquals(productRoots("demo"), ["/codis/demo", "/jodis/demo"]);
  assertEquals(historyPath("demo", 7), "/codis/demo/history/7");
  assertEquals(proxyPath("demo", "p1", "b0"), "/codis/demo/proxies/p1-b0");
  assertEquals(migrationPath("demo", "m1"), "/codis/demo/migrations/m1");
  assertEquals(jodisPath("demo", "p1"), "/jodis/demo/proxy-p1");
});

Deno.test("a name cannot leave its place in a path", () => {
  for (const name of ["", ".", "..", "a/b", "a b", "x".repeat(129)]) {
    assertThrows(() => pathsOf(name), TypeError);
    assertThrows(() => proxyPath("demo", name, "b0"), TypeError);
  }
});
