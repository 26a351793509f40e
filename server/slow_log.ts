/**
 * The slow log: the last commands that took longer than a threshold.
 *
 * It is off until a threshold is set (`slowlog-log-slower-than`): commands are timed only then, since
 * reading the clock twice costs as much as a small command.
 *
 * Invariant: it holds at most {@linkcode SlowLog.lengthMax} entries of a bounded size, newest first.
 *
 * @module
 */

/** Redis's limits on what an entry keeps of a command. */
const WORDS_MAX = 32;
const WORD_BYTES_MAX = 128;
const LENGTH_MAX_DEFAULT = 128;

/** A command that has been run. */
export interface TimedCommand {
  /** `[start0, end0, start1, …]` into `bytes`. */
  readonly args: Int32Array;
  readonly argumentCount: number;
  readonly bytes: Uint8Array;
  readonly micros: number;
  /** Wall clock milliseconds. */
  readonly nowMs: number;
  /** The client's address. */
  readonly client: string;
  /** The client's name. */
  readonly name: string;
}

/** One line of the log. */
export interface SlowLogEntry {
  /** Grows by one for each entry of this process. */
  readonly id: number;
  readonly atSeconds: number;
  readonly micros: number;
  /** The command's words, one character a byte, cut to a bounded size. */
  readonly words: readonly string[];
  readonly client: string;
  readonly name: string;
}

const latin1 = new TextDecoder("latin1");

/** The log of one server. */
export class SlowLog {
  /** Commands that take at least so long are kept; negative: none, and none is timed. */
  slowerThanMicros = -1;
  #lengthMax = LENGTH_MAX_DEFAULT;
  #entries: SlowLogEntry[] = [];
  #nextId = 0;

  /** Whether commands are to be timed. */
  get isActive(): boolean {
    return this.slowerThanMicros >= 0;
  }

  /** How many entries are kept. */
  get lengthMax(): number {
    return this.#lengthMax;
  }
  set lengthMax(lengthMax: number) {
    this.#lengthMax = lengthMax;
    this.#trim();
  }

  /** Newest first. */
  get entries(): readonly SlowLogEntry[] {
    return this.#entries;
  }

  /** Adds a command. */
  add(command: TimedCommand): void {
    const { nowMs, micros, client, name } = command;
    const atSeconds = Math.floor(nowMs / 1000);
    const words = wordsOf(command);
    this.#entries.unshift({ id: this.#nextId++, atSeconds, micros, words, client, name });
    this.#trim();
  }

  /** Forgets all entries. */
  clear(): void {
    this.#entries = [];
  }

  #trim(): void {
    if (this.#entries.length > this.#lengthMax) this.#entries.length = this.#lengthMax;
  }
}

function wordsOf({ args, argumentCount, bytes }: TimedCommand): string[] {
  const kept = Math.min(argumentCount, WORDS_MAX);
  const words = Array.from({ length: kept }, (_, i) => {
    const start = args[2 * i]!;
    const surplus = args[2 * i + 1]! - start - WORD_BYTES_MAX;
    const text = latin1.decode(bytes.subarray(start, args[2 * i + 1]! - Math.max(0, surplus)));
    return surplus > 0 ? `${text}... (${surplus} more bytes)` : text;
  });
  const missing = argumentCount - WORDS_MAX;
  // The note takes the place of the last word that would have fitted.
  if (missing > 0) words[WORDS_MAX - 1] = `... (${missing + 1} more arguments)`;
  return words;
}
