import { assertEquals } from "@std/assert";
import { wantedStateOf } from "./wanted_state.ts";

Deno.test("wantedStateOf() is online unless the node says offline", () => {
  assertEquals(wantedStateOf(null), "online");
  assertEquals(wantedStateOf('{"wanted":"online","actor":"a"}'), "online");
  assertEquals(wantedStateOf('{"wanted":"offline","actor":"a"}'), "offline");
  assertEquals(wantedStateOf("null"), "online");
  assertEquals(wantedStateOf("no JSON"), "online");
});
