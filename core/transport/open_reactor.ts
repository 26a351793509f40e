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
import { createPortableReactor } from "./portable_reactor.ts";
import type { Reactor, ReactorKind } from "./reactor.ts";

/** A reactor, and the part of its memory that is its owner's to use. */
export interface OpenedReactor {
  /** The reactor. */
  readonly reactor: Reactor;
  /** Start of the owner's part of `reactor.memory`; it goes to the end. */
  readonly ownStart: number;
  /** Gives pages of the owner's part back to the system, where that is possible. */
  readonly discard: PageAdvice;
  /** Asks for huge pages in the owner's part, where that is possible: for data accessed at random. */
  readonly useHugePages: PageAdvice;
}

/** The share of the memory that sockets may use. */
const IO_SHARE = 0.5;

/**
 * Opens a reactor on this thread with lazily committed memory, half of it for sockets.
 *
 * @throws {Error} if it is the native one and the C library cannot be opened, saying what is missing.
 */
export function openReactor(kind: ReactorKind): OpenedReactor {
  const memory = allocateMemory();
  const ownStart = Math.floor(memory.length * IO_SHARE / 2 ** 20) * 2 ** 20;
  return kind === "native" ? openNative(memory, ownStart) : openPortable(memory, ownStart);
}

/** An allocator of regions in the owner's part of a reactor's memory. */
export function ownMemory({ reactor, ownStart, discard }: OpenedReactor): IoMemory {
  const { memory } = reactor;
  return new IoMemory({ memory, start: ownStart, end: memory.length, discard });
}

function openPortable(memory: Uint8Array, ownStart: number): OpenedReactor {
  return {
    reactor: createPortableReactor({ memory, ioEnd: ownStart }),
    ownStart,
    discard: () => {},
    useHugePages: () => {},
  };
}

function openNative(memory: Uint8Array, ownStart: number): OpenedReactor {
  const libc = openLibc();
  if (libc === undefined) {
    throw new Error(
      "Cannot open the native transport: libc is not available to this program; " +
        "it needs Linux with glibc and --allow-ffi",
    );
  }
  return {
    reactor: createNativeReactor({ libc, memory, ioEnd: ownStart }),
    ownStart,
    discard: discarderOf(libc, memory),
    useHugePages: hugePagesOf(libc, memory),
  };
}
