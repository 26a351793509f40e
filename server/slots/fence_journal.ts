/**
 * The file in which a server remembers what leaders told it.
 *
 * Invariant: what {@linkcode FenceJournal.append} returned from is on the disk, so `+OK` to a fence
 * outlives the process.
 *
 * @module
 */

import {
  emptyMemory,
  FenceJournalError,
  type FenceRecord,
  JOURNAL_HEAD,
  journalLine,
  readJournal,
  recordsOf,
  recordText,
} from "./fence_record.ts";
import type { FenceMemory } from "./fence_table.ts";

/** The file's name in the server's directory. */
export const FENCE_JOURNAL_NAME = "fences.journal";

/** Remembers fences. */
export interface FenceJournal {
  /** What was remembered when it was opened. */
  readonly memory: FenceMemory;
  /** Remembers more; on return it is on the disk. @throws {Error} if it cannot be written. */
  append(records: readonly FenceRecord[]): void;
  /** Ends the use of the file. */
  close(): void;
}

/** A journal of a server without a directory: it forgets with the process. */
export function memoryJournal(managed: boolean): FenceJournal {
  return { memory: emptyMemory(managed), append: () => {}, close: () => {} };
}

/**
 * Opens the journal in `directory`, dropping a torn tail and all that later lines made superfluous.
 * `managed` is what a server without a journal is.
 *
 * @throws {FenceJournalError} if it is damaged elsewhere than at its end: the server must not guess.
 */
export function openJournal(directory: string, managed: boolean): FenceJournal {
  const path = `${directory}/${FENCE_JOURNAL_NAME}`;
  const memory = memoryIn(path, managed);
  const file = rewrite(path, memory);
  let byteCount = file.statSync().size;
  return {
    memory,
    append: (records) => {
      try {
        for (const record of records) writeAll(file, journalLine(recordText(record)));
        file.syncDataSync();
      } catch (error) {
        // Half a line must not come to stand before a whole one.
        file.truncateSync(byteCount);
        file.seekSync(byteCount, Deno.SeekMode.Start);
        throw error;
      }
      byteCount = file.seekSync(0, Deno.SeekMode.Current);
    },
    close: () => file.close(),
  };
}

function memoryIn(path: string, managed: boolean): FenceMemory {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return emptyMemory(managed);
    throw error;
  }
  try {
    return readJournal(bytes, managed).memory;
  } catch (error) {
    if (!(error instanceof FenceJournalError)) throw error;
    throw new FenceJournalError(
      `Cannot use the fence journal ${path}: it is ${error.message}. Move it away only if this ` +
        `server's data may be dropped, and start with --slots managed`,
    );
  }
}

/** Puts a journal that says the same in few lines in the place of the old one, and keeps it open. */
function rewrite(path: string, memory: FenceMemory): Deno.FsFile {
  const fresh = `${path}.new`;
  const file = Deno.openSync(fresh, { create: true, write: true, truncate: true });
  writeAll(file, journalLine(JOURNAL_HEAD));
  for (const record of recordsOf(memory)) writeAll(file, journalLine(recordText(record)));
  file.syncSync();
  Deno.renameSync(fresh, path);
  return file;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
