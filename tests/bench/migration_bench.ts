/**
 * `bench migration`: how fast keys move while clients work, and what the clients notice.
 *
 * The method: one product of two groups in a process of its own, 200,000 keys with values of 64 bytes,
 * open-loop clients of the proxy in another process. All slots move to and fro; a move lasts from the
 * order to the end of the migration. Then quiet and busy stretches of five seconds alternate, and the
 * clients' p99 of each busy stretch is divided by that of the quiet one before it.
 *
 * @module
 */

import { delay } from "../../core/delay.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { latenciesOf, type OpenLoopSamples } from "./latency.ts";
import {
  ALL_SLOTS_LIMIT,
  formatRows,
  isMissed,
  MIGRATING_P99_LIMIT,
  ONE_SLOT_LIMIT,
  type Row,
} from "./limits.ts";
import { machineLine } from "./machine.ts";
import {
  KEY_COUNT,
  type KeyKind,
  keysOf,
  OPEN_LOOP,
  OpenLoop,
  SHARED_SLOT,
  STORED_VALUE,
} from "./open_loop.ts";
import { print } from "./print.ts";
import { type Move, Product } from "./product.ts";
import { familyKeys } from "./slot_keys.ts";
import { storeKeys } from "./store_keys.ts";
import { spreadOf } from "./summary.ts";

/** Keys per second of Codis 3.2, semi-async, the same load: all slots, and one (see the peers' figures). */
const CODIS = { allSlots: 5_300, oneSlot: 62_000 };
const PHASE_MS = 5000;
const WARM_UP_MS = 4000;
const PAUSE_MS = 1000;

/** Moving slots. */
export const MIGRATION_BENCH: Bench = {
  summary: "keys per second of moving slots, and the clients' p99 meanwhile",
  run: runMigrationBench,
};

/** A stretch of time, milliseconds since 1970. */
type Stretch = readonly [fromMs: number, untilMs: number];

async function runMigrationBench(options: BenchOptions): Promise<BenchResult> {
  const machineBefore = machineLine();
  const spread = await measureSpread(options);
  const slot = await measureSlot(options);
  const family = await measureFamily(options);
  const rows = [
    { ...rateRow("all slots, keys/s", spread.moves, CODIS.allSlots), limit: ALL_SLOTS_LIMIT },
    { ...rateRow("one slot, keys/s", slot.moves, CODIS.oneSlot), limit: ONE_SLOT_LIMIT },
    { ...p99Row(spread.samples, spread.phases), limit: MIGRATING_P99_LIMIT },
    rateRow("one tag family, no clients", family, CODIS.oneSlot),
  ];
  const errors = [spread, slot].map(({ samples }) => errorsOf(samples));
  const report = [
    `migration: ${KEY_COUNT} keys of 64-byte values, ${OPEN_LOOP.requestsPerSecond} requests/s in ` +
    `open loop on ${OPEN_LOOP.connections} connections, ${OPEN_LOOP.readPercent} % GET; ` +
    `median of ${options.pairs}`,
    formatRows(rows),
    `clients' errors: ${errors[0]} (all slots), ${errors[1]} (one slot)`,
    machineBefore,
    `afterwards: ${machineLine()}`,
  ].join("\n");
  const phases = spread.phases.map((pair) =>
    pair.map(([from, until]) => latenciesOf(spread.samples, from, until))
  );
  const raw = { machineBefore, moves: { spread: spread.moves, slot: slot.moves, family }, phases };
  return { report, missed: isMissed(rows), raw };
}

async function measureSpread(
  options: BenchOptions,
): Promise<{ moves: Move[]; phases: [Stretch, Stretch][]; samples: OpenLoopSamples }> {
  await using product = await Product.start();
  await storeKeys(product.port, keysOf("spread"), STORED_VALUE);
  await using clients = new OpenLoop(product.port, "spread");
  await delay(WARM_UP_MS, options.signal);
  const moves = await measureMoves(product, options);
  const phases: [Stretch, Stretch][] = [];
  for (let i = 0; i < options.pairs; i++) {
    options.signal.throwIfAborted();
    const quiet = await stretchOf(() => delay(PHASE_MS, options.signal));
    const busy = await stretchOf(async () => {
      const endMs = Date.now() + PHASE_MS;
      while (Date.now() < endMs) await product.moveAcross();
    });
    phases.push([quiet, [busy[0], busy[0] + PHASE_MS]]);
    await delay(PAUSE_MS, options.signal);
    print(Deno.stderr, `phases ${i + 1}/${options.pairs}`);
  }
  return { moves, phases, samples: await clients.stop() };
}

async function measureSlot(
  options: BenchOptions,
): Promise<{ moves: Move[]; samples: OpenLoopSamples }> {
  const kind: KeyKind = "slot";
  await using product = await Product.start();
  await storeKeys(product.port, keysOf(kind), STORED_VALUE);
  await using clients = new OpenLoop(product.port, kind);
  await delay(WARM_UP_MS, options.signal);
  const moves = await measureMoves(product, options, [SHARED_SLOT, SHARED_SLOT]);
  return { moves, samples: await clients.stop() };
}

async function measureFamily(options: BenchOptions): Promise<Move[]> {
  await using product = await Product.start();
  await storeKeys(product.port, familyKeys(KEY_COUNT), STORED_VALUE);
  return await measureMoves(product, options);
}

async function measureMoves(
  product: Product,
  { pairs, signal }: BenchOptions,
  range?: readonly [number, number],
): Promise<Move[]> {
  const moves: Move[] = [];
  for (let i = 0; i < pairs; i++) {
    signal.throwIfAborted();
    const move = await product.moveAcross(range);
    moves.push(move);
    print(Deno.stderr, `move ${i + 1}/${pairs}: ${move.keys} keys in ${move.durationMs} ms`);
    await delay(PAUSE_MS, signal);
  }
  return moves;
}

async function stretchOf(task: () => Promise<unknown>): Promise<Stretch> {
  const fromMs = Date.now();
  await task();
  return [fromMs, Date.now()];
}

function rateRow(name: string, moves: readonly Move[], codis: number): Row {
  const rates = moves.map(({ keys, durationMs }) => keys * 1000 / durationMs);
  return {
    name,
    value: spreadOf(rates.map((rate) => rate / codis)),
    unit: "× Codis 3.2",
    digits: 2,
    from: `${spreadOf(rates).median.toFixed(0)} ÷ ${codis} keys/s`,
  };
}

function p99Row(samples: OpenLoopSamples, phases: readonly [Stretch, Stretch][]): Row {
  const p99s = phases.map((pair) =>
    pair.map(([from, until]) => latenciesOf(samples, from, until).p99Ms)
  );
  const [quiet, busy] = [0, 1].map((i) => spreadOf(p99s.map((pair) => pair[i]!)).median.toFixed(2));
  return {
    name: "clients' p99, moving ÷ quiet",
    value: spreadOf(p99s.map(([quietMs, busyMs]) => busyMs! / quietMs!)),
    unit: "",
    digits: 2,
    from: `${busy} ÷ ${quiet} ms`,
  };
}

function errorsOf({ latencyMs }: OpenLoopSamples): number {
  return latencyMs.filter((ms) => ms < 0).length;
}
