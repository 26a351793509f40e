/**
 * `start`, killed in the midst of migrations and started again, for any seed.
 *
 * Keys live in memory, so they die with the process; what must not suffer is the topology, and that
 * every slot is served again without a hand.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { KilledStart, makePlace } from "./killed_start.ts";
import { SeededRandom } from "./seeded_random.ts";

const KEYS = 5000;
const VALUE = "x".repeat(100);
const KILL_WITHIN_MS = 1200;
/**
 * So slow that a migration takes longer than {@linkcode KILL_WITHIN_MS}, even if only the half of the keys
 * moves that is not there yet: one that is done cannot be cancelled.
 */
const MOVE_BYTES_PER_SECOND = 100_000;

/** Kills at random moments of migrations, some of them cancelled; throws if anything needs a hand. */
export async function sceneOfKills(options: { seed: number; kills: number }): Promise<void> {
  const random = new SeededRandom(options.seed);
  await using codis = await KilledStart.start(await makePlace());
  let epoch = 0;
  let caught = 0;
  for (let kill = 0; kill < options.kills; kill++) {
    await codis.untilSettled();
    await fill(codis);
    await codis.throttle(MOVE_BYTES_PER_SECOND);
    const order = { range: [0, 1023], to: 2 - kill % 2 };
    const { id } = await codis.ask("/migrations", order) as MigrationView;
    await pause(random.below(KILL_WITHIN_MS));
    if (random.chance(0.3)) await codis.ask(`/migrations/${id}/cancel`, {});
    const left = await codis.killAndStart();
    if (left.slots.some(({ phase }) => phase !== "stable")) caught++;
    assert(left.epoch > epoch, `epoch ${left.epoch} after ${epoch}`);
    ({ epoch } = left);
    // Once more, while it finds its feet.
    if (random.chance(0.5)) await codis.killAndStart();
    await codis.untilSettled();
    await codis.requireServed(`run ${kill}`);
  }
  assert(caught > 0, "no kill met a migration");
}

async function fill(codis: KilledStart): Promise<void> {
  await using client = await codis.connect();
  const names = Array.from({ length: KEYS }, (_, i) => `key:${i}`);
  const replies = await client.pipeline(names.map((name) => ["SET", name, VALUE]));
  assertEquals(new Set(replies), new Set(["OK"]));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
