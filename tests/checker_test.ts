/**
 * Tests of the checker: wrong histories are refused, right ones are accepted however odd they look,
 * and the whole workload against one redis-server is accepted.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type CheckerOptions,
  checkHistory,
  HistoryRefusedError,
  requireLinearizable,
  summaryOf,
} from "./support/checker.ts";
import { faultsOfBallast, loadBallast } from "./support/checker_ballast.ts";
import { wrongReply } from "./support/checker_corruption.ts";
import { placementOf } from "./support/checker_keyspace.ts";
import { RIGHT_SCENES, type Scene, Script, WRONG_SCENES } from "./support/checker_scenes.ts";
import { simulateHistory } from "./support/checker_simulation.ts";
import { eventually } from "./support/eventually.ts";
import { History, type Operation } from "./support/history.ts";
import { kindOf } from "./support/models.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { type Reply, RespClient } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";
import { runWorkload } from "./support/workload.ts";

const ANY_AMOUNT: CheckerOptions = { operationsMin: 0, migratingShareMin: 0 };

function judge(scene: Scene): ReturnType<typeof checkHistory> {
  const script = new Script();
  scene(script);
  return checkHistory(script.history, ANY_AMOUNT);
}

for (const [name, scene] of Object.entries(WRONG_SCENES)) {
  Deno.test(`the checker refuses ${name}`, () => {
    const { violations, undecided } = judge(scene);
    assert(violations.length > 0);
    assertEquals(undecided, []);
  });
}

for (const [name, scene] of Object.entries(RIGHT_SCENES)) {
  Deno.test(`the checker accepts ${name}`, () => {
    const { violations, undecided } = judge(scene);
    assertEquals({ violations, undecided }, { violations: [], undecided: [] });
  });
}

Deno.test("a refusal names the object, the possible states, and shows the window", () => {
  const { violations } = judge((s) => {
    s.did(1, "SET register:7 old", "OK");
    s.did(1, "SET register:7 new", "OK");
    const other = s.begin(3, "SETNX register:7 other");
    s.nowMs = 1.5;
    s.did(2, "GET register:7", "old");
    s.end(other, 0);
  });
  assertEquals(violations, [
    [
      'register:7: no order of the operations explains GET register:7 -> "old"',
      '  the object can only have been "new"',
      '  earlier  0.000–0.000 ms  client 1  SET register:7 old -> "OK"',
      `  [==============================] 0.000–1.500 ms  client 3  SETNX register:7 other -> 0`,
      `            [=========]            1.500–1.500 ms  client 2  GET register:7 -> "old"   <== here`,
    ].join("\n"),
  ]);
});

Deno.test("a history that is too small or hardly meets a migration is refused", () => {
  const script = new Script();
  script.did(1, "INCR counter:1", 1);
  const error = assertThrows(
    () => requireLinearizable(script.history),
    HistoryRefusedError,
    "1 operations on 1 keys, 0 unknown, 0 refused, 0.0 % on migrating slots: REFUSED",
  );
  assertStringIncludes(error.message, "Too few operations: 1 returned, 100000 wanted");
  assertStringIncludes(error.message, "Too few operations on migrating slots: 0.0 %, 20 % wanted");
});

Deno.test("a search that reaches its limit is not taken for an acceptance", () => {
  const script = new Script();
  const ids = Array.from({ length: 20 }, (_, i) => script.begin(i, `SET register:1 t${i}`));
  for (const id of ids) script.end(id, "OK");
  script.did(99, "GET register:1", "nobody wrote this");
  const options = { ...ANY_AMOUNT, configurationsMax: 10_000 };
  const report = checkHistory(script.history, options);
  assertEquals([report.violations, report.undecided], [[], ["register:1"]]);
  assertThrows(() => requireLinearizable(script.history, options), HistoryRefusedError);
});

const SIMULATIONS = 60;
const SIMULATION = { operations: 1500, clients: 6, depth: 3, keysPerKind: 3, lossRate: 0.002 };

Deno.test("histories of a correct store are accepted, and nine of ten single faults in them refused", () => {
  const base = Math.floor(Math.random() * 2 ** 31);
  let refused = 0;
  for (let i = 0; i < SIMULATIONS; i++) {
    const options = { ...SIMULATION, seed: base + i };
    const right = simulateHistory(options);
    const report = checkHistory(right, ANY_AMOUNT);
    assertEquals([...report.violations, ...report.undecided], [], `seed ${options.seed}`);
    const random = new SeededRandom(options.seed);
    const victim = chooseVictim([...right.operations()], random);
    const wrong = simulateHistory(
      options,
      (id, reply) => id === victim.operation.id ? victim.reply : reply,
    );
    if (checkHistory(wrong, ANY_AMOUNT).violations.length > 0) refused++;
  }
  assert(refused >= SIMULATIONS * 0.9, `${refused} of ${SIMULATIONS} refused, seed ${base}`);
});

/** An operation whose reply says something, and a wrong reply for it. */
function chooseVictim(
  operations: readonly Operation[],
  random: SeededRandom,
): { operation: Operation; reply: Reply } {
  const telling = operations.filter(({ reply }) => reply !== undefined && reply !== "OK");
  const operation = random.pick(telling);
  const key = operation.command[1]!;
  const earlier = operations
    .filter((o) => o.invoked < operation.invoked && o.command[1] === key)
    .flatMap(({ command }) => command[2] && kindOf(key) !== "pair" ? [command[2]] : []);
  return { operation, reply: wrongReply(operation, earlier, random) };
}

Deno.test("the whole workload on one redis-server is linearizable", async () => {
  await using redis = await startRedisServer();
  const { port } = redis;
  const history = new History();
  const seed = Math.floor(Math.random() * 2 ** 31);
  await using client = await RespClient.connect({ port });
  const ballast = { count: 300, slots: [1, 2, 3] };
  const load = await loadBallast(client, ballast);
  await runWorkload({ ports: [port], seed, history, isMigrating: (slot) => slot % 8 === 0 });
  const report = requireLinearizable(history);
  assertEquals(report.unknown + report.refused, 0, `seed ${seed}`);
  assert(report.keys >= 240, summaryOf(report));

  assertEquals(await faultsOfBallast(client, ballast, { load, ttlToleranceMs: 50 }), []);
  const placement = await placementOf([{ port, owns: (slot) => slot !== 2 }]);
  assertEquals(placement.duplicated, []);
  assert(placement.misplaced.length >= 100, "the hundred keys of slot 2 are found misplaced");
});

Deno.test("connections that are killed all the time leave unknown outcomes, and no violation", async () => {
  await using redis = await startRedisServer();
  const history = new History();
  const stop = new AbortController();
  const [, seed] = await Promise.all([
    killConnections(redis.port, stop.signal),
    runSmallWorkload(redis.port, history).finally(() => stop.abort()),
  ]);
  const report = requireLinearizable(history, { ...ANY_AMOUNT, operationsMin: 20_000 });
  assert(report.unknown > 0, `seed ${seed}: ${summaryOf(report)}`);
});

Deno.test("keys that somebody deletes behind the clients' back are found", async () => {
  await using redis = await startRedisServer();
  const history = new History();
  const [, seed] = await Promise.all([
    deleteOnce(redis.port, history),
    runSmallWorkload(redis.port, history),
  ]);
  const { violations } = checkHistory(history, ANY_AMOUNT);
  assert(violations.length > 10, `seed ${seed}: ${violations.length} objects refused`);
});

async function runSmallWorkload(port: number, history: History): Promise<number> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  await runWorkload({ ports: [port], seed, history, operations: 20_000 });
  return seed;
}

async function killConnections(port: number, signal: AbortSignal): Promise<void> {
  await using client = await RespClient.connect({ port });
  while (!signal.aborted) {
    await client.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function deleteOnce(port: number, history: History): Promise<void> {
  await using client = await RespClient.connect({ port });
  await eventually(() => assert(history.size > 5_000));
  const keys = await client.send("KEYS", "*");
  await client.send("DEL", ...keys as string[]);
}
