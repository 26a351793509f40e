/**
 * What a server remembers of keys that clients asked for while their slot arrives is bounded.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { FencedServer } from "./support/fenced_server.ts";
import { ReplyError } from "./support/resp_client.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const SLOT = slotOfKey("{t}");
/** The least that a limit of memory leaves. */
const ASKED_MAX = 4096;

Deno.test("names asked for that never come are remembered up to a limit, then refused", async () => {
  await using target = await FencedServer.start();
  const client = target.leader;
  await target.fence({ slotEpoch: 2, state: "importing", fresh: true, slots: [SLOT] });
  await client.send("CONFIG", "SET", "maxmemory", "1mb");
  const before = await claimBytes(target);
  const asking = (...words: string[]) => [["SLOTSASKING", SLOT, 2], words];
  const names = Array.from({ length: ASKED_MAX }, (_, index) => `{t}${index}`);
  const answers = await client.pipeline(names.flatMap((name) => asking("GET", name)));
  assertEquals(answers.filter((answer) => answer !== "OK" && answer !== null), []);
  assert(await claimBytes(target) - before >= 16 * ASKED_MAX, "they count as used memory");

  for (const words of [["GET", "{t}new"], ["SET", "{t}new", "1"], ["MGET", "{t}1", "{t}new"]]) {
    const [, reply] = await client.pipeline(asking(...words));
    assert(reply instanceof ReplyError, words.join(" "));
    assertMatch(reply.message, /^OOM too many names were asked for /);
  }
  // What is known already is served as before.
  const [, set, , got] = await client.pipeline([
    ...asking("SET", "{t}1", "1"),
    ...asking("GET", "{t}1"),
  ]);
  assertEquals([set, got], ["OK", "1"]);

  await target.fence({ slotEpoch: 3, state: "own", slots: [SLOT] });
  assertEquals(await claimBytes(target), before);
  assertEquals(await client.send("GET", "{t}new"), null);
});

async function claimBytes({ leader }: FencedServer): Promise<number> {
  const text = String(await leader.send("INFO", "memory"));
  return Number(/mem_slot_claims:(\d+)/.exec(text)![1]);
}
