/**
 * Addresses of ensembles.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import { parseZookeeperAddress } from "./zookeeper_address.ts";

Deno.test("an address has members, a chroot and a session timeout", () => {
  assertEquals(parseZookeeperAddress("zk://h1:2181, h2.example:2182 ,[::1]:2183/prod/eu"), {
    servers: [
      { host: "h1", port: 2181 },
      { host: "h2.example", port: 2182 },
      { host: "::1", port: 2183 },
    ],
    chroot: "/prod/eu",
    sessionTimeoutMs: 10_000,
  });
  assertEquals(parseZookeeperAddress("zk://[fe80::1]/?session-timeout-ms=4000"), {
    servers: [{ host: "fe80::1", port: 2181 }],
    chroot: "",
    sessionTimeoutMs: 4000,
  });
});

for (
  const [url, problem] of [
    ["zk:h1:2181", "it does not begin with zk://"],
    ["zk://", `"" is no HOST:PORT`],
    ["zk://h1:2181,", `"" is no HOST:PORT`],
    ["zk://h1:abc", `"h1:abc" is no HOST:PORT`],
    ["zk://h1:2181;x", `"h1:2181;x" is no HOST:PORT`],
    ["zk://::1:2181", `"::1:2181" is no HOST:PORT`],
    ["zk://h1:99999", `"h1:99999" has no port from 1 to 65535`],
    ["zk://h1:0", `"h1:0" has no port from 1 to 65535`],
    ["zk://h1:2181/a/", `"/a/" cannot be a chroot`],
    ["zk://h1:2181/a/../b", `"/a/../b" cannot be a chroot`],
    [
      "zk://h1:2181/a?session-timeout-ms=5",
      `"?session-timeout-ms=5" is not ?session-timeout-ms=N with N from 1000 to 60000`,
    ],
    ["zk://h1:2181/a?x=1", `"?x=1" is not ?session-timeout-ms=N with N from 1000 to 60000`],
  ] as const
) {
  Deno.test(`"${url}" is refused before anything is tried`, () => {
    assertEquals(
      assertThrows(() => parseZookeeperAddress(url), CoordinatorOpenError).message,
      `Cannot open the coordinator "${url}": ${problem}; want zk://HOST:PORT,HOST:PORT/CHROOT`,
    );
  });
}
