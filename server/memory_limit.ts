/**
 * Whether there is memory for another write.
 *
 * @module
 */

import type { Call } from "./call.ts";

/** Index places looked at before a write is refused. */
const RECLAIM_BUDGET = 2000;

/** Whether the data takes more than `maxmemory`. What a flush has cut off is no data, and is freed first. */
export function isOutOfMemory({ keyspace, server }: Call): boolean {
  const limit = server.settings.maxMemoryBytes;
  if (limit === 0 || keyspace.arena.usedBytes <= limit) return false;
  keyspace.reclaimStep(RECLAIM_BUDGET);
  return keyspace.arena.usedBytes > limit;
}
