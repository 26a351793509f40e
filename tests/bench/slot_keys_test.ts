import { assertEquals } from "@std/assert";
import { EMPTY_TAG_DEFAULT, slotOf } from "../../core/slots.ts";
import { familyKeys, keysOfSlot, spreadKeys } from "./slot_keys.ts";

function slotsOf(keys: readonly string[]): Set<number> {
  const encoded = keys.map((key) => new TextEncoder().encode(key));
  return new Set(encoded.map((bytes) => slotOf(bytes, 0, bytes.length, EMPTY_TAG_DEFAULT)));
}

Deno.test("different keys can be made for any one slot", () => {
  for (const slot of [0, 1, 511, 1023]) {
    const keys = keysOfSlot(slot, 500);
    assertEquals(slotsOf(keys), new Set([slot]));
    assertEquals(new Set(keys).size, 500);
  }
});

Deno.test("a family shares a slot, spread keys reach all", () => {
  assertEquals(slotsOf(familyKeys(100)).size, 1);
  assertEquals(slotsOf(spreadKeys(20_000)).size, 1024);
});
