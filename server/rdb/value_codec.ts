/**
 * How one type of value is written to and read from the RDB format.
 *
 * Invariant: `load` creates the key only after everything it reads has proved sound.
 *
 * @module
 */

import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { RdbOutput } from "./rdb_output.ts";

/** What {@linkcode ValueCodec.load} returns for bytes that are no value. */
export const BAD_VALUE = -1;

/** The RDB form of the values of one type. */
export interface ValueCodec {
  /** Type tag of the records it writes. */
  readonly type: number;
  /** RDB type bytes that it reads. */
  readonly rdbTypes: readonly number[];
  /** Writes the RDB type byte and the value of `ref`. */
  save(records: Records, ref: number, output: RdbOutput): void;
  /**
   * Reads a value, behind its RDB type byte, into the key that `database` looked for last, in place of what that had.
   * Returns the record, 0 when memory is short, or {@linkcode BAD_VALUE}; the key is unchanged unless there is a record.
   */
  load(input: RdbInput, rdbType: number, database: Database, expireAtMs: number): number;
}
