/**
 * What stock servers say of themselves.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { versionOf } from "./identify_server.ts";

Deno.test("versionOf() names the program, and nothing that slots cannot live on", () => {
  const texts = [
    "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n",
    "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n",
    "# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\n",
    "",
  ];

  assertEquals(texts.map(versionOf), ["redis 7.0.15", "valkey 8.0.1", null, null]);
});
