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
  remembering,
} from "./fence_record.ts";
import type { FenceMemory } from "./fence_table.ts";

/** The file's name in the server's directory. */
export const FENCE_JOURNAL_NAME = "fences.journal";

/** A longer file is written anew: what it says fits a few hundred lines. */
const FILE_BYTES_MAX = 1 << 20;

/** Remembers fences. */
export interface FenceJournal {
  /** What is remembered. */
  readonly memory: FenceMemory;
  /** Remembers more; on return it is on the disk. @throws {FenceJournalError} if it cannot be. */
  append(records: readonly FenceRecord[]): void;
  /** Ends the use of the file. */
  close(): void;
}

/** A journal of a server without a directory: it forgets with the process. */
export function memoryJournal(managed: boolean): FenceJournal {
  return { memory: emptyMemory(managed), append: () => {}, close: () => {} };
}

/**
 * Opens the journal in `directory`, which is made if it is missing, and drops a torn tail. `managed` is
 * what a server without a journal is.
 *
 * @throws {FenceJournalError} if it is damaged elsewhere than at its end: the server must not guess.
 */
export function openJournal(directory: string, managed: boolean): FenceJournal {
  Deno.mkdirSync(directory, { recursive: true });
  return new FileJournal(directory, managed);
}

class FileJournal implements FenceJournal {
  memory: FenceMemory;
  readonly #directory: string;
  readonly #path: string;
  #file: Deno.FsFile;
  #byteCount = 0;

  constructor(directory: string, managed: boolean) {
    this.#directory = directory;
    this.#path = `${directory}/${FENCE_JOURNAL_NAME}`;
    this.memory = memoryIn(this.#path, managed);
    this.#file = this.#rewrite();
    syncDirectory(directory);
  }

  append(records: readonly FenceRecord[]): void {
    try {
      for (const record of records) writeAll(this.#file, journalLine(recordText(record)));
      this.#file.syncDataSync();
    } catch (error) {
      // Half a line must not come to stand before a whole one.
      this.#file.truncateSync(this.#byteCount);
      this.#file.seekSync(this.#byteCount, Deno.SeekMode.Start);
      throw new FenceJournalError(
        `Cannot write the fence journal ${this.#path}: ${(error as Error).message}`,
      );
    }
    for (const record of records) this.memory = remembering(this.memory, record);
    this.#byteCount = this.#file.seekSync(0, Deno.SeekMode.Current);
    if (this.#byteCount >= FILE_BYTES_MAX) this.#shorten();
  }

  close(): void {
    this.#file.close();
  }

  /** Begins a short file; without room for it the long one, which says all, is used on. */
  #shorten(): void {
    const long = this.#file;
    try {
      this.#file = this.#rewrite();
    } catch {
      return;
    }
    long.close();
    syncDirectory(this.#directory);
  }

  /** Puts a file that says the same in few lines in the place of the old one, and keeps it open. */
  #rewrite(): Deno.FsFile {
    const fresh = `${this.#path}.new`;
    const file = Deno.openSync(fresh, { create: true, write: true, truncate: true });
    try {
      writeAll(file, journalLine(JOURNAL_HEAD));
      for (const record of recordsOf(this.memory)) writeAll(file, journalLine(recordText(record)));
      file.syncSync();
      Deno.renameSync(fresh, this.#path);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#byteCount = file.seekSync(0, Deno.SeekMode.Current);
    return file;
  }
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

/** Without it a crash could bring back the old file, and lose what was appended to the new one. */
function syncDirectory(directory: string): void {
  using file = Deno.openSync(directory);
  file.syncSync();
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
