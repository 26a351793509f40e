/**
 * Turns a reactor on the test's own thread, next to ordinary asynchronous peers, and records what its
 * handlers are told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import type {
  CloseReason,
  ConnectionHandler,
  Reactor,
  SocketAddress,
} from "../../core/transport/reactor.ts";
import { eventually } from "./eventually.ts";

/** Limits that a scenario sets on the reactor it gets. */
export interface ReactorLimits {
  readonly inputLimitBytes?: number;
  readonly outputLimitBytes?: number;
}

/** Makes the reactor under test. */
export type CreateReactor = (limits: ReactorLimits) => Reactor;

const TIMEOUT_MS = 20_000;

/** Lets asynchronous work of the test go on. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns the reactor until `condition` holds. */
export async function driveUntil(
  reactor: Reactor,
  condition: () => boolean,
  what: string,
): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${TIMEOUT_MS} ms: ${what}`);
    reactor.turn(0);
    await tick();
  }
}

/** Turns the reactor until a promise is settled, and gives its value. */
export async function drive<T>(reactor: Reactor, promise: Promise<T>, what: string): Promise<T> {
  let settled = false;
  const value = promise.finally(() => settled = true);
  value.catch(() => {});
  await driveUntil(reactor, () => settled, what);
  return await value;
}

/** What a handler was told; by default it consumes everything. */
export class Recorder implements ConnectionHandler {
  readonly opened: number[] = [];
  readonly received: number[] = [];
  readonly closed: CloseReason[] = [];
  drains = 0;
  /** The connection last heard of. */
  connection = -1;
  /** Decides how far the bytes are consumed. */
  consume: (connection: number, bytes: Uint8Array, start: number, end: number) => number = (
    _connection,
    _bytes,
    _start,
    end,
  ) => end;

  onOpen(connection: number): void {
    this.connection = connection;
    this.opened.push(connection);
  }

  onData(connection: number, bytes: Uint8Array, start: number, end: number): number {
    this.connection = connection;
    const consumed = this.consume(connection, bytes, start, end);
    for (let i = start; i < consumed; i++) this.received.push(bytes[i]!);
    return consumed;
  }

  onDrain(): void {
    this.drains++;
  }

  onClose(connection: number, reason: CloseReason): void {
    this.connection = connection;
    this.closed.push(reason);
  }

  /** What was consumed so far, as text. */
  get text(): string {
    return String.fromCharCode(...this.received);
  }
}

/** Accepts one asynchronous peer: the peer's side and the number of the reactor's side. */
export async function connectPeer(
  reactor: Reactor,
  handler: ConnectionHandler,
  host = "127.0.0.1",
): Promise<{ peer: Deno.TcpConn; connection: number; address: SocketAddress }> {
  let connection = -1;
  const listener = reactor.listen({ host, port: 0 }, (accepted) => {
    connection = accepted;
    return handler;
  });
  const { port } = listener.address;
  const peer = await drive(reactor, Deno.connect({ hostname: host, port }), "the peer connects");
  await driveUntil(reactor, () => connection >= 0, "the peer is accepted");
  listener.close();
  return { peer, connection, address: listener.address };
}

/** Writes all bytes. */
export async function writeAll(peer: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await peer.write(bytes.subarray(at));
}

/** Reads exactly `byteCount` bytes, or up to the end. */
export async function readUpTo(peer: Deno.Conn, byteCount: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteCount);
  let at = 0;
  while (at < byteCount) {
    const count = await peer.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** Bytes of text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes that differ from their neighbours near and far. */
export function patternOf(byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  for (let i = 0; i < byteCount; i++) bytes[i] = (i ^ (i >> 8) ^ (i >> 16)) & 255;
  return bytes;
}

/** Whether two byte ranges are equal; `assertEquals` is far too slow for megabytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Sockets, epoll instances and eventfds that this process has open, with their numbers. */
function openDescriptors(): Set<string> {
  const open = new Set<string>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (/^(socket:|anon_inode:\[event)/.test(target)) open.add(`${name} ${target}`);
    } catch {
      // The descriptor of the directory itself is gone by now.
    }
  }
  return open;
}

/** Runs a scenario on a fresh reactor and fails if it leaves a descriptor open. */
export async function withReactor(
  create: CreateReactor,
  limits: ReactorLimits,
  scenario: (reactor: Reactor) => Promise<void>,
): Promise<void> {
  // The runtime opens descriptors of its own when it first connects.
  const warmUp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = warmUp.addr as Deno.NetAddr;
  const [one, other] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    warmUp.accept(),
  ]);
  for (const resource of [one, other, warmUp]) resource.close();
  await tick();
  const before = openDescriptors();
  const reactor = create(limits);
  try {
    await scenario(reactor);
  } finally {
    reactor.shutdown();
  }
  await eventually(() => {
    assertEquals(openDescriptors().difference(before), new Set(), "descriptors left open");
  });
}
