/**
 * The few functions of the C library that the native reactor calls, bound through `Deno.dlopen`.
 *
 * Only `i32`, `u32` and `buffer` are used as parameters of what runs per event: a `usize` leaves
 * Deno's fast call path (309 ns instead of 25-50 ns).
 *
 * Invariant: nothing here makes Deno prompt; without a granted permission there is no library.
 *
 * @module
 */

/** `errno`: interrupted by a signal before anything happened. */
export const EINTR = 4;
/** `errno`: nothing to read, or no room to write, now. */
export const EAGAIN = 11;
/** `errno`: permission denied, such as for a privileged port. */
export const EACCES = 13;
/** `errno`: the system is out of file descriptors. */
export const ENFILE = 23;
/** `errno`: this process is out of file descriptors. */
export const EMFILE = 24;
/** `errno`: the kernel is out of memory. */
export const ENOMEM = 12;
/** `errno`: another socket has the address. */
export const EADDRINUSE = 98;
/** `errno`: this machine does not have the address. */
export const EADDRNOTAVAIL = 99;
/** `errno`: the kernel is out of socket buffers. */
export const ENOBUFS = 105;
/** `errno`: the peer did not answer in time. */
export const ETIMEDOUT = 110;
/** `errno`: nobody listens there. */
export const ECONNREFUSED = 111;
/** `errno`: a non-blocking connect goes on in the background. */
export const EINPROGRESS = 115;

/** What is bound, by name. */
const SYMBOLS = {
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  // The same three functions for buffers that stay where they are; see `FixedCalls`.
  epoll_wait_at: {
    name: "epoll_wait",
    parameters: ["i32", "pointer", "i32", "i32"],
    result: "i32",
  },
  recv_at: { name: "recv", parameters: ["i32", "pointer", "u32", "i32"], result: "i32" },
  send_at: { name: "send", parameters: ["i32", "pointer", "u32", "i32"], result: "i32" },
  madvise: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  // Addresses as numbers: for what lies outside of any buffer, far from the hot path.
  madvise_range: { name: "madvise", parameters: ["u64", "u64", "i32"], result: "i32" },
  memcpy_from: { name: "memcpy", parameters: ["buffer", "u64", "u64"], result: "u64" },
  // Only the GNU library has it.
  malloc_trim: { parameters: ["u64"], result: "i32", optional: true },
  getauxval: { parameters: ["u64"], result: "u64" },
  memcpy: { parameters: ["buffer", "pointer", "u32"], result: "pointer" },
  // The same function again, returning its first argument's low half: where a buffer lies, which
  // `Deno.UnsafePointer` may not tell under `--allow-ffi=PATH`.
  low_address: { name: "memcpy", parameters: ["buffer", "buffer", "u32"], result: "u32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The bound functions, each as its manual page says. */
export type LibcFunctions = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** An opened C library. */
export interface Libc {
  /** What was opened, as given to `Deno.dlopen`. */
  readonly path: string;
  /** What was bound. */
  readonly functions: LibcFunctions;
  /** Calls on buffers that stay where they are. */
  readonly fixed: FixedCalls;
  /** The calling thread's `errno`; read it first thing after a call returned -1. */
  errno(): number;
  /** Unloads it; no function may be called afterwards. */
  close(): void;
}

const CANDIDATES = [
  "libc.so.6",
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
];

/** A buffer prepared for {@linkcode FixedCalls}; whoever made it keeps the buffer alive. */
export type FixedBuffer = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Deno.PointerObject;

/**
 * The calls of the hot path. A pointer made once costs 2 ns a call where a buffer costs 20; it is used
 * where the grant allows to make it.
 */
export interface FixedCalls {
  /** Prepares a buffer. */
  readonly of: (buffer: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>) => FixedBuffer;
  /** As `epoll_wait(2)`. */
  readonly epollWait: (epoll: number, events: FixedBuffer, count: number, waitMs: number) => number;
  /** As `recv(2)`. */
  readonly recv: (socket: number, target: FixedBuffer, size: number, flags: number) => number;
  /** As `send(2)`. */
  readonly send: (socket: number, source: FixedBuffer, size: number, flags: number) => number;
}

/** Opens the C library; undefined where the system or the permissions do not allow it. */
export function openLibc(): Libc | undefined {
  if (Deno.build.os !== "linux") return undefined;
  for (const path of CANDIDATES) {
    if (!isGranted(path)) continue;
    try {
      return bind(path, Deno.dlopen(path, SYMBOLS));
    } catch {
      // Not at this path, or the grant covers another spelling of it: the next candidate may do.
      continue;
    }
  }
  return undefined;
}

/** Why {@linkcode openLibc} opens nothing here; undefined if it does. */
export function libcObstacle(): string | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux") return `it needs Linux, and this is ${os}`;
  if (arch !== "x86_64" && arch !== "aarch64") {
    return `it needs x86-64 or arm64, and this is ${arch}`;
  }
  if (!CANDIDATES.some(isGranted)) return "--allow-ffi was not given";
  const libc = openLibc();
  libc?.close();
  return libc === undefined ? "the C library (glibc) cannot be opened" : undefined;
}

function isGranted(path: string): boolean {
  // A bare name is looked up by the loader, which needs the unrestricted grant.
  const query = path.startsWith("/") ? { name: "ffi", path } as const : { name: "ffi" } as const;
  return Deno.permissions.querySync(query).state === "granted";
}

function bind(path: string, library: Deno.DynamicLibrary<typeof SYMBOLS>): Libc {
  const functions = library.symbols;
  const cell = new Int32Array(1);
  return {
    path,
    functions,
    fixed: fixedCalls(functions),
    errno(): number {
      // memcpy, because `Deno.UnsafePointerView` is refused under `--allow-ffi=PATH`.
      functions.memcpy(cell, functions.__errno_location(), 4);
      return cell[0]!;
    },
    close: () => library.close(),
  };
}

function fixedCalls(functions: LibcFunctions): FixedCalls {
  // Pointers can be made under the unrestricted grant only.
  const calls = isGranted("libc.so.6")
    ? {
      of: (buffer: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>) =>
        Deno.UnsafePointer.of(buffer)!,
      epollWait: functions.epoll_wait_at,
      recv: functions.recv_at,
      send: functions.send_at,
    }
    : {
      of: (buffer: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>) => buffer,
      epollWait: functions.epoll_wait,
      recv: functions.recv,
      send: functions.send,
    };
  // Each set takes what its own `of` returns.
  return calls as unknown as FixedCalls;
}
