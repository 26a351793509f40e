import { assert, assertEquals } from "@std/assert";
import { slotOf } from "../../core/slots.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { GivingSlot } from "./giving_slot.ts";
import { HashSet } from "./hash_set.ts";
import { type Transfer, TransferWriter } from "./transfer.ts";

const encoder = new TextEncoder();
const SLOT = slotOfText("{t}");
const PEER = { addr: "127.0.0.1:1", boot: "b" };

Deno.test("every key of the slot goes exactly once, numbered without a gap", () => {
  const { giver, set } = fixture();
  const keys = untagged(200);
  for (const key of keys) set(key);
  const transfers = allOf(giver, 16);
  assertEquals(transfers.flatMap(keysIn).sort(), keys.toSorted());
  assertEquals(transfers.map(({ seq }) => seq), transfers.map((_, i) => i + 1));
  assert(transfers.length <= 25, `${transfers.length} messages`);
  assertEquals(giver.isExhausted, true);
});

Deno.test("a family goes at once, however many keys a message should have", () => {
  const { giver, set } = fixture();
  const family = Array.from({ length: 50 }, (_, i) => `{t}${i}`);
  for (const key of family) set(key);
  const transfers = allOf(giver, 1);
  assertEquals(transfers.map(keysIn).map((keys) => keys.toSorted()), [family.toSorted()]);
});

Deno.test("what was pulled is not sent again, and lives again after a refusal", () => {
  const { giver, set, inTransit } = fixture();
  const ref = set("{t}a");
  set("{t}b");
  const pulled = giver.pull(ref)!;
  assertEquals(keysIn(pulled).sort(), ["{t}a", "{t}b"]);
  assertEquals([giver.pull(ref), giver.next(16), inTransit.size], [undefined, undefined, 1]);
  giver.resolve(pulled);
  assertEquals([inTransit.size, giver.outstanding.length], [0, 0]);
  giver.enter(4, PEER);
  const again = giver.next(16)!;
  assertEquals([again.slotEpoch, again.seq, keysIn(again).length], [4, 1, 2]);
});

Deno.test("an answered transfer's keys are deleted, and keys behind the walk are found by the next", () => {
  const { giver, set, keyspace } = fixture();
  const [first, late] = untagged(2);
  set(first!);
  const transfer = giver.next(16)!;
  while (giver.next(16) !== undefined);
  set(late!);
  assertEquals(giver.isExhausted, true);
  giver.resolve(transfer);
  giver.deleteKeys(transfer);
  assertEquals(keyspace.database(0).slotKeys[SLOT], 1);
  assertEquals(allOf(giver, 16).flatMap(keysIn), [late]);
});

Deno.test("keys past their expiry are deleted instead of sent", () => {
  const { giver, set, keyspace } = fixture();
  keyspace.nowMs = 1000;
  set("{t}goes", 2000);
  set("{t}stays");
  set(untagged(1)[0]!, 2000);
  keyspace.nowMs = 3000;
  assertEquals(allOf(giver, 16).flatMap(keysIn), ["{t}stays"]);
  assertEquals(keyspace.database(0).slotKeys[SLOT], 1);
});

Deno.test("big values do not share a message with many", () => {
  const { giver, set } = fixture();
  for (const key of untagged(40)) set(key, 0, "v".repeat(50_000));
  const sizes = allOf(giver, 16).map(({ keys }) => keys.length / 2);
  assertEquals([Math.max(...sizes), sizes.reduce((sum, size) => sum + size)], [2, 40]);
});

function fixture() {
  const keyspace = new Keyspace({ maxBytes: 1 << 26 });
  const inTransit = new HashSet();
  const giver = new GivingSlot(SLOT, PEER, {
    database: keyspace.database(0),
    emptyTag: "hash-empty",
    writer: new TransferWriter(keyspace.records),
    inTransit,
  });
  giver.enter(3, PEER);
  const set = (key: string, expireAtMs = 0, value = "v"): number => {
    const k = encoder.encode(key);
    const v = encoder.encode(value);
    return keyspace.database(0).setString(k, 0, k.length, v, 0, v.length, expireAtMs);
  };
  return { keyspace, giver, inTransit, set };
}

function allOf(giver: GivingSlot, keyCount: number): Transfer[] {
  const transfers: Transfer[] = [];
  for (let look = 0; look < 1000 && !giver.isExhausted; look++) {
    const transfer = giver.next(keyCount);
    if (transfer !== undefined) transfers.push(transfer);
  }
  return transfers;
}

function keysIn({ frame, keys }: Transfer): string[] {
  const names: string[] = [];
  for (let i = 0; i < keys.length; i += 2) {
    names.push(new TextDecoder().decode(frame.subarray(keys[i], keys[i + 1])));
  }
  return names;
}

/** Keys of {@linkcode SLOT} without a tag. */
function untagged(count: number): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) if (slotOfText(`k${i}`) === SLOT) keys.push(`k${i}`);
  return keys;
}

function slotOfText(key: string): number {
  const bytes = encoder.encode(key);
  return slotOf(bytes, 0, bytes.length, "hash-empty");
}
