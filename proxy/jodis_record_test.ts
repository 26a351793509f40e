import { assertEquals } from "@std/assert";
import { jodisTextOf } from "./jodis_record.ts";
import type { ProxyRecord } from "./registration.ts";

const RECORD: ProxyRecord = {
  id: "p1",
  boot: "b0",
  addr: "10.0.0.9:19000",
  admin: "10.0.0.9:11080",
  applied: [7],
  state: "online",
  version: "0.1.0",
};
const STARTED_AT = new Date(Date.UTC(2017, 3, 8, 15, 39, 37, 5));

Deno.test("a proxy that takes clients is told of as codis-proxy does", () => {
  assertEquals(
    jodisTextOf(RECORD, STARTED_AT),
    '{"addr":"10.0.0.9:19000","admin":"10.0.0.9:11080",' +
      '"start":"2017-04-08 15:39:37.005 +0000 UTC","state":"online","token":"p1"}',
  );
});

Deno.test("a proxy that takes no clients is not told of", () => {
  for (const state of ["starting", "offline", "draining"] as const) {
    assertEquals(jodisTextOf({ ...RECORD, state }, STARTED_AT), null);
  }
});
