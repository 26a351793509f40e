/**
 * Keys of stock servers: which go where, and what answers mean.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { slotOf } from "../core/slots.ts";
import {
  migrateCommand,
  migrateOutcome,
  planPage,
  readPage,
  type SlotOrder,
} from "./stock_page.ts";

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const slotOfText = (text: string) => slotOf(bytes(text), 0, text.length, "hash-empty");

Deno.test("planPage() purges, moves, and leaves alone what nobody asked for", () => {
  const [here, gone, moving] = ["here", "gone", "moving"].map(slotOfText) as [
    number,
    number,
    number,
  ];
  const keys = ["here", "gone", "moving", "{moving}:2"].map(bytes);

  const orders = new Map<number, SlotOrder>([[gone, "purge"], [moving, { to: "h:1" }]]);

  const plan = planPage(keys, orders, "hash-empty");

  assertEquals(new Set([here, gone, moving]).size, 3);
  assertEquals(plan, {
    purged: [bytes("gone")],
    moves: [{
      to: "h:1",
      keys: [{ key: bytes("moving"), slot: moving }, { key: bytes("{moving}:2"), slot: moving }],
    }],
  });
});

Deno.test("planPage() keeps the keys of a tag together, and batches small", () => {
  const texts = Array.from({ length: 90 }, (_, index) => `{${index % 3}}:${index}`);
  const slots = new Set(texts.map(slotOfText));
  const orders = new Map([...slots].map((slot) => [slot, { to: "h:1" }]));

  const { moves } = planPage(texts.map(bytes), orders, "hash-empty");

  assertEquals(moves.map(({ keys }) => keys.length), [32, 32, 26]);
  const order = moves.flatMap(({ keys }) => keys.map(({ slot }) => slot));
  assertEquals(order, [...order].sort((left, right) => left - right));
});

Deno.test("migrateCommand() names the user at the target and never replaces", () => {
  const command = migrateCommand("h:7", [bytes("k")], { user: "u", password: "p" });

  assertEquals(command, ["MIGRATE", "h", 7, "", 0, 1000, "AUTH2", "u", "p", "KEYS", bytes("k")]);
});

Deno.test("migrateOutcome() tells what is certain from what is not", () => {
  const busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists.";
  const lost = "IOERR error or timeout reading to target instance";
  const full = "ERR Target instance replied with error: OOM command not allowed";

  assertEquals([migrateOutcome("OK"), migrateOutcome("NOKEY"), migrateOutcome({ error: busy })], [
    { kind: "moved" },
    { kind: "absent" },
    { kind: "busy" },
  ]);
  assertEquals(migrateOutcome({ error: lost }), { kind: "doubt", why: lost });
  assertEquals(migrateOutcome({ error: full }), { kind: "refused", why: full });
});

Deno.test("readPage() reads keys as bytes", () => {
  const key = new Uint8Array([0xff, 0]);
  assertEquals(readPage([bytes("17"), [key]]), { cursor: "17", keys: [key] });
});
