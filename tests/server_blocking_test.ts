/**
 * Commands that wait for an element: replies beside redis-server, and who is served when.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type CollectionCases, compareInStates, ofEachArity } from "./support/collection_cases.ts";
import { eventually } from "./support/eventually.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { type Command, RawClient, type Word } from "./support/raw_client.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { ReplyError } from "./support/resp_client.ts";
import { startServerWorker } from "./support/server_worker.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const CASES: CollectionCases = {
  states: [
    [["RPUSH", "key", "a", "b", "c"]],
    [["RPUSH", "other", "x"], ["RPUSH", "key", "a"]],
    [["SET", "key", "text"], ["RPUSH", "other", "x"]],
    [["RPUSH", "key", "a"], ["SET", "other", "text"]],
    [["ZADD", "key", 1, "a", 2, "b", 2.5, "c"], ["ZADD", "other", 1, "x"]],
  ],
  inspection: [["LRANGE", "key", 0, -1], ["ZRANGE", "key", 0, -1], ["EXISTS", "key", "other"]],
};
/** What cannot make a client wait: it is wrong, or so little that redis-server rounds it up to a moment. */
const TIMEOUTS: readonly Word[] = [
  ...["x", "", " 1", "1 ", "-1", "-0.001", "nan", "-inf", "inf", "1e300", "0x7fffffffffffffff"],
  ...["9223372036854775", "9223372036854776", "9223370000000000", "0.001", "1e-9", "0x0.01p0"],
];

Deno.test("blocking pops take what is there, and refuse what is wrong, as redis-server does", async () => {
  await compareInStates(CASES, [
    ...["BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX"].flatMap((name): Command[] => [
      ...ofEachArity(name, ["key"]),
      [name, "key", 0],
      [name, "other", "key", 0],
      ...TIMEOUTS.map((timeout): Command => [name, "key", timeout]),
    ]),
    ...TIMEOUTS.flatMap((timeout): Command[] => [
      ["BLMOVE", "key", "other", "LEFT", "RIGHT", timeout],
      ["BRPOPLPUSH", "key", "other", timeout],
      ["BLMPOP", timeout, 1, "key", "LEFT"],
      ["BZMPOP", timeout, 1, "key", "MIN"],
    ]),
    ["BLMOVE", "key", "other", "LEFT", "UP", 0.001],
    ["BLMOVE", "key", "other", "UP", "LEFT", "x"],
    ["BLMOVE", "none", "other", "LEFT", "LEFT", 0.001],
    ["BRPOPLPUSH", "none", "other", 0.001],
    ["BRPOPLPUSH", "none", "other"],
    ...["BLMPOP", "BZMPOP"].flatMap((name): Command[] =>
      ["LEFT", "RIGHT", "MIN", "MAX"].flatMap((end): Command[] => [
        [name, 0.001, 2, "other", "key", end, "COUNT", 2],
        [name, 0.001, 1, "key", end],
        [name, 0.001, 0, "key", end],
        [name, 0.001, 5, "key", end],
        [name, 0.001, 1, "key", end, "COUNT", 0],
        [name, 0.001, 1, "key", end, "COUNT"],
      ])
    ),
  ]);
});

Deno.test("inside of a transaction nothing waits", async () => {
  const names: Command[] = [
    ["BLPOP", "none", 0],
    ["BRPOP", "none", 0],
    ["BLMOVE", "none", "other", "LEFT", "LEFT", 0],
    ["BRPOPLPUSH", "none", "other", 0],
    ["BLMPOP", 0, 1, "none", "LEFT"],
    ["BZPOPMIN", "none", 0],
    ["BZMPOP", 0, 1, "none", "MIN"],
    ["BLPOP", "none", -1],
  ];
  const script: Command[] = [["MULTI"], ...names, ["EXEC"]];
  await onBoth(async (connect) => (await (await connect()).exchange(script)).at(-1));
});

/** Runs a scene on redis-server and on ours; both must tell the same. */
async function onBoth(
  scene: (connect: () => Promise<RawClient>) => Promise<unknown>,
): Promise<void> {
  await using redisServer = await startRedisServer();
  await using oursServer = await startServerWorker();
  const told: unknown[] = [];
  for (const { port } of [redisServer, oursServer]) {
    using clients = new DisposableStack();
    told.push(await scene(async () => clients.use(await RawClient.connect(port))));
  }
  assertEquals(told[1], told[0]);
}

/** A client whose command waits. */
interface Waiter {
  readonly client: RawClient;
  readonly id: string;
  readonly reply: Promise<string[]>;
}

/** Sends commands that wait, each by a client of its own, one after the other. */
async function startWaiting(
  connect: () => Promise<RawClient>,
  control: RawClient,
  commands: readonly Command[],
): Promise<Waiter[]> {
  const waiters: Waiter[] = [];
  for (const command of commands) {
    const client = await connect();
    const [id] = await client.exchange([["CLIENT", "ID"]]);
    waiters.push({ client, id: id!.slice(1).trim(), reply: client.exchange([command]) });
    await eventually(async () => {
      const [info] = await control.exchange([["INFO", "clients"]]);
      const count = /blocked_clients:(\d+)/.exec(info!)![1];
      assertEquals(Number(count), waiters.length);
    });
  }
  return waiters;
}

/** Who waits, what others do then, and whom that serves. */
interface Scene {
  readonly waits: readonly Command[];
  readonly then: readonly Command[];
}

const SCENES: readonly Scene[] = [
  {
    waits: [["BLPOP", "a", 0], ["BRPOP", "a", 0], ["BLPOP", "a", 0]],
    then: [["RPUSH", "a", 1, 2]],
  },
  {
    waits: [["BLPOP", "a", "b", 0]],
    then: [["MULTI"], ["RPUSH", "b", 1], ["RPUSH", "a", 2], ["EXEC"]],
  },
  { waits: [["BLPOP", "a", 0]], then: [["MULTI"], ["RPUSH", "a", 1], ["DEL", "a"], ["EXEC"]] },
  { waits: [["BLPOP", "a", 0]], then: [["MULTI"], ["RPUSH", "a", 1], ["LPUSH", "a", 2], ["EXEC"]] },
  { waits: [["BLPOP", "a", 0]], then: [["RPUSH", "a", 1], ["LLEN", "a"], ["RPUSH", "a", 2]] },
  { waits: [["BLPOP", "a", 0]], then: [["SET", "a", 1], ["DEL", "a"], ["SADD", "a", 1]] },
  { waits: [["BLPOP", "a", 0], ["BZPOPMIN", "a", 0]], then: [["ZADD", "a", 1, "m"]] },
  { waits: [["BZPOPMIN", "a", 0], ["BLPOP", "a", 0]], then: [["RPUSH", "a", "m"]] },
  { waits: [["BLPOP", "a", 0]], then: [["RPUSH", "b", 1], ["RENAME", "b", "a"], ["EXISTS", "a"]] },
  { waits: [["BLPOP", "a", 0]], then: [["RPUSH", "b", 1], ["COPY", "b", "a"], ["EXISTS", "a"]] },
  {
    waits: [["BLPOP", "a", 0]],
    then: [["SELECT", 1], ["RPUSH", "a", 1], ["MOVE", "a", 0], ["SELECT", 0]],
  },
  { waits: [["BLPOP", "a", 0]], then: [["SELECT", 1], ["RPUSH", "a", 1], ["SWAPDB", 0, 1]] },
  {
    waits: [["BLPOP", "a", 0]],
    then: [["SELECT", 1], ["RPUSH", "a", 1], ["COPY", "a", "a", "DB", 0]],
  },
  {
    waits: [["BLPOP", "b", 0], ["BLMOVE", "a", "b", "LEFT", "LEFT", 0]],
    then: [["RPUSH", "a", 1]],
  },
  {
    waits: [["BLMOVE", "a", "b", "LEFT", "LEFT", 0], ["BLPOP", "b", 0]],
    then: [["RPUSH", "a", 1]],
  },
  {
    waits: [["BRPOPLPUSH", "a", "a", 0], ["BLPOP", "a", 0]],
    then: [["RPUSH", "a", 1, 2], ["LRANGE", "a", 0, -1]],
  },
  {
    waits: [["BLMOVE", "a", "b", "LEFT", "LEFT", 0], ["BLPOP", "a", 0]],
    then: [["SET", "b", 1], ["RPUSH", "a", 1]],
  },
  {
    waits: [["BLMPOP", 0, 2, "a", "b", "RIGHT", "COUNT", 2], ["BLPOP", "b", 0]],
    then: [["RPUSH", "b", 1, 2, 3]],
  },
  {
    waits: [["BZMPOP", 0, 2, "a", "b", "MAX", "COUNT", 2]],
    then: [["ZADD", "b", 1, "x", 2, "y", 3, "z"]],
  },
  {
    waits: [["BZPOPMAX", "a", 0], ["BZPOPMIN", "a", 0]],
    then: [["ZADD", "b", 1, "x", 2, "y"], ["ZUNIONSTORE", "a", 1, "b"]],
  },
  { waits: [["BLPOP", "a", "a", 0]], then: [["RPUSH", "a", 1, 2], ["LLEN", "a"]] },
];

Deno.test("waiting clients are served by the command that has what they want, in redis-server's order", async () => {
  for (const { waits, then } of SCENES) {
    await onBoth(async (connect) => {
      const control = await connect();
      const writer = await connect();
      const waiters = await startWaiting(connect, control, waits);
      const replies = await writer.exchange(then);
      const ended: string[] = [];
      for (const { id } of waiters) {
        ended.push(...await control.exchange([["CLIENT", "UNBLOCK", id, "ERROR"]]));
      }
      const served = await Promise.all(waiters.map(({ reply }) => reply));
      return { waits, then, replies, ended, served, left: await control.exchange([["DBSIZE"]]) };
    });
  }
});

Deno.test("a wait ends after its time, or when CLIENT UNBLOCK says so, as in redis-server", async () => {
  await onBoth(async (connect) => {
    const control = await connect();
    const told: string[][] = [];
    for (
      const command of [
        ["BLPOP", "a", 0.02],
        ["BRPOPLPUSH", "a", "b", "0.02"],
        ["BLMOVE", "a", "b", "LEFT", "LEFT", 0.02],
        ["BLMPOP", 0.02, 1, "a", "LEFT"],
        ["BZPOPMIN", "a", 0.02],
        ["BZMPOP", 0.02, 1, "a", "MIN"],
      ] as Command[]
    ) {
      told.push(
        await control.exchange([["HELLO", 3], command, ["HELLO", 2], command, ["PING"]]).then((
          all,
        ) => [all[1]!, ...all.slice(3)]),
      );
    }
    const [first, second] = await startWaiting(connect, control, [["BLPOP", "a", 0], [
      "BZPOPMIN",
      "a",
      9,
    ]]);
    told.push(
      await control.exchange([
        ["CLIENT", "UNBLOCK", first!.id],
        ["CLIENT", "UNBLOCK", first!.id],
        ["CLIENT", "UNBLOCK", second!.id, "error"],
        ["CLIENT", "UNBLOCK", second!.id, "bogus"],
        ["CLIENT", "UNBLOCK", "x"],
        ["CLIENT", "UNBLOCK", 999999],
      ]),
      await first!.reply,
      await second!.reply,
      await first!.client.exchange([["PING"]]),
    );
    return told;
  });
});

Deno.test("a client that waits is gone at once when it closes, and nothing is lost to it", async () => {
  await onBoth(async (connect) => {
    const control = await connect();
    const [waiter] = await startWaiting(connect, control, [["BLPOP", "a", 0]]);
    const [address] = await control.exchange([["CLIENT", "KILL", "ID", waiter!.id]]);
    const isEnded = await waiter!.reply.then(() => false, () => true);
    return {
      address,
      isEnded,
      replies: await control.exchange([["RPUSH", "a", 1], ["LLEN", "a"]]),
    };
  });
  await using server = await startServerWorker();
  using control = await RawClient.connect(server.port);
  const waiting = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await waiting.write(new TextEncoder().encode("BLPOP a 0\r\nPING\r\n"));
  const blockedClients = async () =>
    /blocked_clients:(\d+)/.exec((await control.exchange([["INFO", "clients"]]))[0]!)![1];
  await eventually(async () => assertEquals(await blockedClients(), "1"));
  waiting.close();
  await eventually(async () => assertEquals(await blockedClients(), "0"));
  assertEquals(await control.exchange([["RPUSH", "a", 1], ["LLEN", "a"]]), [":1\r\n", ":1\r\n"]);
});

Deno.test("what a client sends while it waits is executed when it was served", async () => {
  await onBoth(async (connect) => {
    const control = await connect();
    const client = await connect();
    const replies = client.exchange([["BLPOP", "a", 0], ["PING"], ["BLPOP", "b", 0], [
      "ECHO",
      "end",
    ]]);
    const waits = (count: number) =>
      eventually(async () => {
        const [info] = await control.exchange([["INFO", "clients"]]);
        assertEquals(info!.includes(`blocked_clients:${count}`), true);
      });
    await waits(1);
    await control.exchange([["RPUSH", "a", 1], ["RPUSH", "b", 2]]);
    return await replies;
  });
});

Deno.test("who waits for keys of a slot that leaves gets the refusal of any other command", async () => {
  await using server = await FencedServer.start();
  const slot = slotOfKey("{t}");
  const peer = { addr: "127.0.0.1:1", boot: "b" };
  await server.fence({ slotEpoch: 5, state: "own", slots: [slot] });
  let slotEpoch = 5;
  for (const state of ["giving", "hold", "closed"] as const) {
    const client = await server.connect();
    await client.send("SLOTSROUTE", String(slot), String(slotEpoch));
    const reply = client.send("BLPOP", "{t}a", "0");
    await eventually(async () => {
      const info = String(await server.leader.send("INFO", "clients"));
      assertEquals(info.includes("blocked_clients:1\r\n"), true);
    });
    assertEquals(await server.fence({ slotEpoch: ++slotEpoch, state, slots: [slot], peer }), "OK");
    const word = state === "giving" ? "SLOTASK" : "SLOTSTALE";
    assertEquals(await reply, new ReplyError(`${word} ${slot} ${slotEpoch}`));
    assertEquals(await server.fence({ slotEpoch: ++slotEpoch, state: "own", slots: [slot] }), "OK");
    await client.close();
  }
});
