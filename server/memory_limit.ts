/**
 * Whether there is memory for another write.
 *
 * @module
 */

import type { Call } from "./call.ts";
import type { ServerState } from "./server_state.ts";

/** Index places looked at before a write is refused. */
const RECLAIM_BUDGET = 2000;
const CLAIM_BYTES = 32;
const ASKED_KEYS_MAX = 2 ** 22;
const ASKED_KEYS_MIN = 2 ** 12;

/** Whether the data takes more than `maxmemory`. What a flush has cut off is no data, and is freed first. */
export function isOutOfMemory({ keyspace, server }: Call): boolean {
  const limit = server.settings.maxMemoryBytes;
  if (limit === 0) return false;
  const { target } = server.slots;
  if (keyspace.arena.usedBytes + target.claimBytes <= limit) return false;
  keyspace.reclaimStep(RECLAIM_BUDGET);
  return keyspace.arena.usedBytes + target.claimBytes > limit;
}

/**
 * How many keys of arriving slots may have been asked for that never came: each costs up to 32 bytes
 * until its slot has arrived. An eighth of `maxmemory`, without one 128 MiB.
 */
export function askedKeysMax({ settings }: ServerState): number {
  const { maxMemoryBytes } = settings;
  if (maxMemoryBytes === 0) return ASKED_KEYS_MAX;
  return Math.max(ASKED_KEYS_MIN, Math.floor(maxMemoryBytes / 8 / CLAIM_BYTES));
}
