/**
 * Chooses and opens the reactor of a worker.
 *
 * @module
 */

import { openLibc } from "./libc.ts";
import { IoMemory } from "./io_memory.ts";
import { allocateMemory } from "./memory.ts";
import { createNativeReactor } from "./native_reactor.ts";
import { discarderOf, hugePagesOf, type PageAdvice } from "./page_advice.ts";
import type { Reactor } from "./reactor.ts";

/** A reactor, and the part of its memory that is its owner's to use. */
export interface OpenedReactor {
  /** The reactor. */
  readonly reactor: Reactor;
  /** Start of the owner's part of `reactor.memory`; it goes to the end. */
  readonly ownStart: number;
  /** Gives pages of the owner's part back to the system. */
  readonly discard: PageAdvice;
  /** Asks for huge pages in the owner's part: for data accessed at random. */
  readonly useHugePages: PageAdvice;
}

/** The share of the memory that sockets may use. */
const IO_SHARE = 0.5;

/**
 * Opens the native reactor on this thread with lazily committed memory, half of it for sockets.
 *
 * @throws {Error} if the C library cannot be opened, saying which permission is missing.
 */
export function openReactor(): OpenedReactor {
  const libc = openLibc();
  if (libc === undefined) {
    throw new Error(
      "Cannot open the native transport: libc is not available to this program; " +
        "it needs Linux with glibc and --allow-ffi",
    );
  }
  const memory = allocateMemory();
  const ownStart = Math.floor(memory.length * IO_SHARE / 2 ** 20) * 2 ** 20;
  const reactor = createNativeReactor({ libc, memory, ioStart: 0, ioEnd: ownStart });
  return {
    reactor,
    ownStart,
    discard: discarderOf(libc, memory),
    useHugePages: hugePagesOf(libc, memory),
  };
}

/** An allocator of regions in the owner's part of a reactor's memory. */
export function ownMemory({ reactor, ownStart, discard }: OpenedReactor): IoMemory {
  const { memory } = reactor;
  return new IoMemory({ memory, start: ownStart, end: memory.length, discard });
}
