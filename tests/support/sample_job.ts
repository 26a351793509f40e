/**
 * Migration jobs for tests.
 *
 * @module
 */

import type { MigrationJob } from "../../manager/migration_job.ts";

/** Returns job `m`, which moves slots 0 to 9 to group 2, with `fields` replaced. */
export function sampleJob(fields: Partial<MigrationJob>): MigrationJob {
  return {
    schemaVersion: 1,
    id: "m",
    range: [0, 9],
    to: 2,
    delayMs: 0,
    state: "open",
    actor: "test",
    createdAtMs: 1,
    startedAtMs: null,
    finishedAtMs: null,
    keysTotal: null,
    receipts: {},
    problem: null,
    ...fields,
  };
}
