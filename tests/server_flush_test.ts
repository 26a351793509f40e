/**
 * FLUSHALL and FLUSHDB while slots move: no key comes back that was on its way.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Cluster, type GroupId } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { FakeTarget } from "./support/fake_target.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { ReplyError } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const SLOT = slotOfKey("{t}");
const KEYS = 3000;
const ROUNDS = 6;

/** A server that gives {@linkcode SLOT}, whose one key is on its way. */
async function giveTo(target: FakeTarget, source: FencedServer): Promise<void> {
  await source.fence({ slotEpoch: 2, state: "own", slots: [SLOT] });
  await source.leader.send("SET", "{t}", "1");
  await source.fence({ slotEpoch: 3, state: "giving", slots: [SLOT], peer: target });
}

for (const command of ["FLUSHALL", "FLUSHDB"]) {
  Deno.test(`${command} also empties what was sent away, and waits until it is`, async () => {
    await using source = await FencedServer.start();
    await using target = new FakeTarget();
    await giveTo(target, source);
    const sent = await target.next();
    assertEquals(sent.words.slice(0, 5), ["SLOTSRESTORE-SEQ", String(SLOT), "3", "1", "{t}"]);

    await using client = await source.connect();
    let answer: unknown;
    const flushed = client.send(command).then((reply) => answer = reply);
    const emptying = await target.next();
    assertEquals(emptying.words, ["SLOTSRESTORE-SEQ", String(SLOT), "3", "2"]);
    assertEquals(await source.leader.send("GET", "{t}"), new ReplyError(`SLOTBUSY ${SLOT} 3`));
    sent.answer(":1");
    await eventually(async () => assertEquals((await source.receipts([SLOT]))[0]!.inDoubt, 1));
    assertEquals(answer, undefined);
    emptying.answer(":2");
    await flushed;
    assertEquals(answer, "OK");
    const [receipt] = await source.receipts([SLOT]);
    assertEquals([receipt!.keys, receipt!.inDoubt, receipt!.moved], [0, 0, 1]);
  });
}

Deno.test("a flush that the other server refuses, or does not answer, is not called done", async () => {
  for (const line of [`-SLOTSTALE ${SLOT} 9`, undefined]) {
    await using source = await FencedServer.start();
    await using target = new FakeTarget();
    await giveTo(target, source);
    (await target.next()).answer(":1");
    await using client = await source.connect();
    const flushed = client.send("FLUSHALL");
    const emptying = await target.next();
    if (line !== undefined) emptying.answer(line);
    const reply = await flushed;
    assert(reply instanceof ReplyError);
    assertMatch(reply.message, /^TRYAGAIN what is here was flushed; /);
    assertEquals(await client.send("PING"), "PONG");
    emptying.answer(":2");
  }
});

Deno.test("a transfer without keys empties its slot once, and no other", async () => {
  await using target = await FencedServer.start();
  const other = slotOfKey("{other}");
  await target.fence({ slotEpoch: 2, state: "own", slots: [other] });
  await target.fence({ slotEpoch: 3, state: "importing", fresh: true, slots: [SLOT] });
  const client = target.leader;
  assertEquals(await client.send("SET", "{other}", "1"), "OK");
  const set = async (value: string) =>
    (await client.pipeline([["SLOTSASKING", SLOT, 3], ["SET", "{t}", value]]))[1];
  const get = async () => (await client.pipeline([["SLOTSASKING", SLOT, 3], ["GET", "{t}"]]))[1];
  assertEquals(await set("1"), "OK");
  assertEquals(await client.send("SLOTSRESTORE-SEQ", SLOT, 3, 1), 1);
  assertEquals(await get(), null);
  assertEquals(await set("2"), "OK");
  assertEquals(await client.send("SLOTSRESTORE-SEQ", SLOT, 3, 1), 1);
  assertEquals([await get(), await client.send("GET", "{other}")], ["2", "1"]);
});

Deno.test("after FLUSHALL in a migration no key is anywhere", async () => {
  const random = new SeededRandom(Number(Deno.env.get("CODIS_TEST_SEED") ?? 1));
  await using cluster = await Cluster.start();
  await using client = await cluster.connect();
  await cluster.throttle({ bytesPerSecond: 150_000, keysPerMessage: 8 });
  const pairs = Array.from({ length: KEYS }, (_, index) => [`key:${index}`, "x".repeat(50)]);
  let movedBefore = 0;
  for (let round = 0; round < ROUNDS; round++) {
    assertEquals(await client.send("MSET", ...pairs.flat()), "OK");
    const to: GroupId = round % 2 === 0 ? 2 : 1;
    const id = await cluster.order(to);
    const least = 1 + random.below(KEYS / 2);
    await eventually(async () => assert(await cluster.keysAt(to) > least, "nothing has moved"), {
      timeoutMs: 20_000,
    });
    movedBefore += Number(await cluster.keysAt(to) < KEYS);
    const where = `seed ${random.seed}, round ${round}`;
    // A slot that is just being handed over answers -TRYAGAIN: it may be neither server's to empty.
    await eventually(async () =>
      assertEquals(await client.send(round % 3 === 2 ? "FLUSHDB" : "FLUSHALL"), "OK", where)
    );
    // What was flushed cannot come back either when a client has seen that it is gone.
    assertEquals(await client.send("EXISTS", ...pairs.map(([key]) => key!)), 0, where);
    assertEquals((await cluster.finished(id)).state, "done", where);
    assertEquals([await cluster.keysAt(1), await cluster.keysAt(2)], [0, 0], where);
  }
  assert(movedBefore > 0, "no flush came in the midst of a migration");
});
