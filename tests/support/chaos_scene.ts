/**
 * Slots that move round three groups under load through two proxies, all in processes of their own that
 * agree through ZooKeeper: undisturbed, and while processes are killed and stopped, for any seed.
 *
 * Invariant: a scene returns only if the checker accepted every reply, no request failed but those in
 * flight at a proxy that was killed, and all parts agree again by themselves; it throws otherwise.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { type Fault, type FaultKind, pause, type Suffered, sufferFault } from "./chaos_faults.ts";
import type { CheckerReport } from "./checker.ts";
import { eventually } from "./eventually.ts";
import { checkedScene, type SceneOptions } from "./moving_scenes.ts";
import { ReplyError, RespClient } from "./resp_client.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { SeparateProduct } from "./separate_product.ts";
import { faultsOfHistory } from "./topology_audit.ts";
import type { RequestFailure } from "./workload.ts";

/** How long each fault lasts, and how much there is to move meanwhile. */
export interface ChaosOptions extends SceneOptions {
  /** Each of these happens once, in an order that follows from the seed. */
  readonly faults: readonly Fault[];
  /** Longest time between two faults. */
  readonly calmMsMax: number;
  /** About how long one way round takes, so that faults meet migrations. */
  readonly moveSeconds: number;
  /** How long a client rests between two batches. @default {10} */
  readonly restMs?: number;
}

/** What a scene did. */
export interface ChaosReport extends CheckerReport {
  /** Faults suffered. */
  readonly faults: number;
}

const ROUND = [2, 3, 1] as const;
/** Bytes that one key of the ballast counts when it moves. */
const BALLAST_KEY_BYTES = 100;
/**
 * Enough to meet every moment of a move. Clients rest, since the processors are for nine processes, and a
 * stopped proxy keeps its clients waiting: that is no failure.
 */
const LOAD = { clients: 12, pipelinedClients: 6, restMs: 10, replyTimeoutMs: 300_000 };
/** While nobody leads, or nothing can be written, slots stand still, and clients are at their fastest. */
const MIGRATING_SHARE_MIN = 0.01;
/** Descriptors that may come and go: a connection that is being made anew, a file that is read. */
const DESCRIPTORS_SLACK = 6;

/** Everything moves round once, and again until there were enough operations. */
export async function sceneOfRounds(
  product: SeparateProduct,
  options: SceneOptions,
): Promise<CheckerReport> {
  const failures: RequestFailure[] = [];
  const load = loadTelling(failures);
  const report = await checkedScene(product, { ...options, load }, async (history) => {
    do {
      for (const to of ROUND) {
        const { moved } = (await moveAll(product, to)).receipt;
        assert(moved >= options.ballast || !product.fences, `the receipt tells of ${moved} keys`);
      }
    } while (history.returnedCount < options.operationsMin);
  });
  assertEquals(failures, []);
  for (const port of product.ports) await requireShare(port, report.operations);
  await product.untilAgreed();
  return report;
}

/** The same while faults happen at moments that the seed chooses. */
export async function sceneOfChaos(
  product: SeparateProduct,
  options: ChaosOptions,
): Promise<ChaosReport> {
  const migratingShareMin = MIGRATING_SHARE_MIN;
  const random = new SeededRandom(options.seed);
  const failures: RequestFailure[] = [];
  const load = { ...loadTelling(failures), restMs: options.restMs ?? LOAD.restMs };
  await product.throttle(options.ballast * BALLAST_KEY_BYTES / options.moveSeconds);
  const before = descriptorsOf(product);
  const met: Suffered[] = [];
  const report = await checkedScene(product, { ...options, migratingShareMin, load }, async () => {
    const chaos = new AbortController();
    const disturbing = disturb(product, options, { random, met })
      .finally(() => chaos.abort());
    const moving = moveUntil(product, chaos.signal);
    await Promise.all([disturbing, moving]);
  });
  const unexpected = failures.filter((failure) => !isExcused(failure, met, product.fences));
  assertEquals(unexpected, [], `${unexpected.length} requests failed`);
  await product.untilAgreed();
  await eventually(() => requireNoLeak(product, before), { timeoutMs: product.options.patienceMs });
  assertEquals(await faultsOfHistory(product.coordinator, product.product), []);
  await product.throttle(0);
  return { ...report, faults: options.faults.length };
}

/** The faults of a scene, with durations in seconds that are apart from what takes none. */
export function faultsOf(
  seconds: { readonly ensemble: readonly number[]; readonly stop: number; readonly down: number },
): Fault[] {
  const lasting = (kind: FaultKind, duration: number): Fault => ({
    kind,
    lastsMs: duration * 1000,
  });
  return [
    lasting("leader killed", seconds.down),
    lasting("proxy killed", seconds.down),
    lasting("ZooKeeper member killed", seconds.down),
    ...seconds.ensemble.map((duration) => lasting("ensemble killed", duration)),
    lasting("proxy stopped", seconds.stop),
    lasting("manager stopped", seconds.stop),
  ];
}

async function disturb(
  product: SeparateProduct,
  { faults, calmMsMax, seed }: ChaosOptions,
  { random, met }: { random: SeededRandom; met: Suffered[] },
): Promise<void> {
  for (const fault of shuffled(faults, random)) {
    await pause(random.below(calmMsMax));
    const beganAtMs = performance.now();
    const suffered = await sufferFault(product, fault, random);
    met.push(suffered);
    const seconds = ((performance.now() - beganAtMs) / 1000).toFixed(1);
    tell(`seed ${seed}: ${fault.kind} (${suffered.name}), good again after ${seconds} s`);
  }
}

/** Moves everything round and round; the last round ends after `signal` has aborted. */
async function moveUntil(
  product: SeparateProduct,
  signal: AbortSignal,
): Promise<void> {
  do {
    for (const to of ROUND) await moveAll(product, to);
  } while (!signal.aborted);
}

/** Moves everything to one group; the migration ends by itself, with equal receipts, and empties its source. */
async function moveAll(product: SeparateProduct, to: number): Promise<MigrationView> {
  let view = await product.move(to);
  // Where nothing fences, a barrier that cannot be had takes the slots back: the operator tries again.
  while (view.state === "failed" && !product.fences) view = await product.move(to);
  assertEquals([view.state, view.problems], ["done", []]);
  const sources = product.serverPorts.map((_, index) => index + 1).filter((id) => id !== to);
  for (const source of sources) {
    await eventually(async () => assertEquals(await product.keysAt(source), 0));
  }
  return view;
}

/** Both proxies have work: the clients are shared out evenly. */
async function requireShare(port: number, operations: number): Promise<void> {
  await using client = await RespClient.connect({ port });
  const info = String(await client.send("INFO", "stats"));
  const served = Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1]);
  assert(served >= operations / 4, `the proxy at ${port} served ${served} of ${operations}`);
}

function loadTelling(failures: RequestFailure[]) {
  return { ...LOAD, onFailure: (failure: RequestFailure) => void failures.push(failure) };
}

/**
 * Whether a request may have failed so: its proxy was killed; or it hung in front of servers that do not
 * fence, was shut out there, and had not got its next user yet. Then it says of each request whether it
 * was executed.
 */
function isExcused(
  { port, reply }: RequestFailure,
  met: readonly Suffered[],
  fences: boolean,
): boolean {
  if (reply === undefined) return met.some(({ killedPort }) => killedPort === port);
  const isHonest = reply instanceof ReplyError &&
    /^ERR .*; (the command may have been|not) executed$/.test(reply.message);
  return isHonest && !fences && met.some(({ stoppedPort }) => stoppedPort === port);
}

function descriptorsOf({ proxies, managers }: SeparateProduct): number[] {
  return [...proxies, ...managers].map((seat) => seat.descriptors());
}

function requireNoLeak(product: SeparateProduct, before: readonly number[]): void {
  const now = descriptorsOf(product);
  const most = before.map((count) => count + DESCRIPTORS_SLACK);
  assert(now.every((count, i) => count <= most[i]!), `descriptors: ${before} before, ${now} now`);
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items.map((item) => ({ item, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
