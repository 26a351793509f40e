/**
 * CPU time of another process in nanoseconds, all its threads, from the kernel's per-process clock.
 *
 * The clock adds up the same counter that `/proc/PID/task/TID/schedstat` shows in its first field,
 * and it also counts threads that have ended, which a sum over that directory loses.
 * (`/proc/PID/schedstat` covers the main thread only, `/proc/PID/stat` counts ticks of 10 ms.)
 * Invariant: readings of one process never decrease.
 *
 * @module
 */

/** Linux: the low three bits of a clock id select the scheduler's own count of a whole process. */
const SCHEDULER_CLOCK_OF_PROCESS = 2;

/** Reads the CPU clock of one process. */
export class CpuClock implements Disposable {
  readonly #libc = openLibc();
  readonly #clockId: number;
  readonly #pid: number;
  /** A `timespec`: seconds and nanoseconds, 64 bits each. */
  readonly #timespec = new BigInt64Array(2);

  /** Prepares to read the clock of the process `pid`. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#clockId = clockIdOf(pid);
  }

  /** Nanoseconds of CPU that the process has used so far; throws when the process has ended. */
  readNs(): number {
    const failed = this.#libc.symbols.clock_gettime(this.#clockId, this.#timespec);
    if (failed !== 0) {
      throw new Error(`Cannot read the CPU clock of process ${this.#pid}: it ended`);
    }
    return Number(this.#timespec[0]! * 1_000_000_000n + this.#timespec[1]!);
  }

  /** Releases the library. */
  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

/** The kernel's clock id for the CPU time of a process: the complement of its pid, then the kind. */
export function clockIdOf(pid: number): number {
  return (~pid << 3) | SCHEDULER_CLOCK_OF_PROCESS;
}

function openLibc() {
  return Deno.dlopen("libc.so.6", {
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
}
