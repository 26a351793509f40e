/**
 * What every reactor must do with output, as tests that run the same against each of them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ConnectionHandler, Reactor } from "../../core/transport/reactor.ts";
import {
  bytesOf,
  connectPeer,
  type CreateReactor,
  drive,
  driveUntil,
  patternOf,
  type ReactorLimits,
  readUpTo,
  Recorder,
  sameBytes,
  tick,
  withReactor,
  writeAll,
} from "./reactor_driver.ts";

type Scenario = (reactor: Reactor) => Promise<void>;

const MIB = 1024 * 1024;

/** Registers this half of the suite. */
export function testReactorOutputConformance(name: string, create: CreateReactor): void {
  for (const [behaviour, scenario] of Object.entries(SCENARIOS)) {
    const limits = LIMITS[behaviour] ?? {};
    Deno.test(`${name}: ${behaviour}`, () => withReactor(create, limits, scenario));
  }
}

const SCENARIOS: Record<string, Scenario> = {
  "reserved and appended output arrives in order": reserveAndAppend,
  "what is sent at once keeps its place among what is appended": sendAtOnce,
  "a slow reader gets everything in order, and its drain is told of": slowReader,
  "a paused connection hears of its output being sent though none of it waited": pausedDrain,
  "a reader that never reads is closed at the output limit": outputLimit,
  "retained output stays readable until it is released": retainAndRelease,
  "closeAfterFlush sends everything, then closes, and drops input": closeAfterFlush,
  "a connection whose peer ended its side stays open for output if its owner wants it": halfClosed,
  "close drops output and refuses more": closeDrops,
  "output appended by onClose and onDrain is sent": outputFromCallbacks,
};

const LIMITS: Record<string, ReactorLimits> = {
  "a reader that never reads is closed at the output limit": { outputLimitBytes: 2 * MIB },
};

async function finish(reactor: Reactor, recorder: Recorder, peer: Deno.Conn): Promise<void> {
  peer.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}

async function reserveAndAppend(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  const message = patternOf(100_000);
  let at = 0;
  for (let size = 1; at < message.length; size = (size * 3) % 1000 + 1) {
    const end = Math.min(at + size, message.length);
    if (size % 2 === 0) {
      assert(reactor.append(connection, message, at, end));
    } else {
      const offset = reactor.reserve(connection, size + 50);
      assert(offset >= 0);
      reactor.memory.set(message.subarray(at, end), offset);
      reactor.commit(connection, offset + end - at);
    }
    at = end;
  }
  assertEquals(reactor.pendingOutput(connection), message.length);
  const received = await drive(reactor, readUpTo(peer, message.length), "everything");
  assert(sameBytes(received, message));
  assertEquals(reactor.pendingOutput(connection), 0);
  await finish(reactor, recorder, peer);
}

async function sendAtOnce(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  const message = patternOf(8 * MIB);
  const sizes = [1, 100, 1000, 60_000, 70_000, 300_000];
  let at = 0;
  for (let round = 0; at < message.length; round++) {
    const end = Math.min(at + sizes[round % sizes.length]!, message.length);
    if (round % 4 === 3) assert(reactor.append(connection, message, at, end));
    else assert(reactor.send(connection, message, at, end));
    at = end;
    if (round % 5 === 0) reactor.turn(0);
  }
  const received = await drive(reactor, readUpTo(peer, message.length), "everything");
  assert(sameBytes(received, message));
  reactor.retain(connection);
  assert(reactor.send(connection, message, 0, 100));
  const kept = reactor.retainedStart(connection);
  assertEquals(reactor.memory.slice(kept, kept + 100), message.slice(0, 100));
  await drive(reactor, readUpTo(peer, 100), "the retained");
  await finish(reactor, recorder, peer);
}

async function slowReader(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  const message = patternOf(24 * MIB);
  const chunk = 3 * MIB;
  for (let at = 0; at < message.length; at += chunk) {
    assert(reactor.append(connection, message, at, at + chunk));
    reactor.turn(0);
  }
  assert(reactor.pendingOutput(connection) > 0, "the kernel took all of it: enlarge the message");
  const received = new Uint8Array(message.length);
  for (let at = 0; at < received.length;) {
    const part = received.subarray(at, at + 200_000);
    at += await drive(reactor, peer.read(part), "a part") ?? 0;
  }
  assert(sameBytes(received, message), "in order");
  await driveUntil(reactor, () => recorder.drains > 0, "the drain is told of");
  assertEquals([recorder.drains, reactor.pendingOutput(connection)], [1, 0]);
  await finish(reactor, recorder, peer);
}

async function pausedDrain(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  assert(reactor.append(connection, bytesOf("unpaused"), 0, 8));
  reactor.turn(0);
  assertEquals(recorder.drains, 0);
  reactor.pause(connection);
  assert(reactor.append(connection, bytesOf("paused"), 0, 6));
  await driveUntil(reactor, () => recorder.drains > 0, "the drain is told of");
  assertEquals([recorder.drains, reactor.pendingOutput(connection)], [1, 0]);
  reactor.resume(connection);
  assertEquals(await drive(reactor, readUpTo(peer, 14), "both"), bytesOf("unpausedpaused"));
  await finish(reactor, recorder, peer);
}

async function outputLimit(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  const chunk = new Uint8Array(64 * 1024);
  let appended = 0;
  let mostPending = 0;
  while (reactor.append(connection, chunk, 0, chunk.length)) {
    appended += chunk.length;
    mostPending = Math.max(mostPending, reactor.pendingOutput(connection));
    assert(appended < 1024 * MIB, "output has no limit");
    reactor.turn(0);
    await tick();
  }
  assert(mostPending <= 2 * MIB, `${mostPending} bytes were pending`);
  assertEquals(reactor.reserve(connection, 1), -1);
  assertEquals(recorder.closed, []);
  reactor.turn(0);
  assertEquals(recorder.closed, ["output-limit"]);
  peer.close();
}

async function retainAndRelease(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  reactor.retain(connection);
  const message = patternOf(1_000_000);
  let released = 0;
  for (let at = 0; at < message.length; at += 1000) {
    assert(reactor.append(connection, message, at, at + 1000));
    if (at % 20_000 === 0) reactor.turn(0);
    // Up to 40 000 bytes are held, in a region that is compacted as they move on.
    for (; at + 1000 - released > 40_000; released += 500) reactor.release(connection, 500);
    if (at % 50_000 !== 0) continue;
    const start = reactor.retainedStart(connection);
    const held = reactor.memory.subarray(start, start + at + 1000 - released);
    assert(sameBytes(held, message.subarray(released, at + 1000)), `retained output at ${at}`);
  }
  const received = await drive(reactor, readUpTo(peer, message.length), "everything");
  assert(sameBytes(received, message), "what is sent is not disturbed");
  reactor.release(connection, message.length - released);
  await finish(reactor, recorder, peer);
}

async function closeAfterFlush(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  const message = patternOf(16 * MIB);
  assert(reactor.append(connection, message, 0, message.length));
  reactor.closeAfterFlush(connection);
  assertEquals(reactor.append(connection, message, 0, 1), false);
  const received = await drive(reactor, readUpTo(peer, message.length + 1), "all and the end");
  assert(sameBytes(received, message));
  assertEquals([recorder.closed, recorder.text], [["local"], ""]);
  peer.close();
}

async function halfClosed(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  let ends = 0;
  const handler: ConnectionHandler = {
    onData: (...range) => recorder.onData(...range),
    onEnd: () => ends++ === 0,
    onClose: (...close) => recorder.onClose(...close),
  };
  const { peer, connection } = await connectPeer(reactor, handler);
  await writeAll(peer, bytesOf("asked"));
  await peer.closeWrite();
  await driveUntil(reactor, () => ends > 0, "the end is told of");
  for (let turn = 0; turn < 5; turn++) reactor.turn(0);
  assertEquals([recorder.text, ends, recorder.closed], ["asked", 1, []]);
  assert(reactor.append(connection, bytesOf("answer"), 0, 6));
  reactor.closeAfterFlush(connection);
  assertEquals(await drive(reactor, readUpTo(peer, 7), "answer and end"), bytesOf("answer"));
  assertEquals(recorder.closed, ["local"]);
  peer.close();
}

async function closeDrops(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection } = await connectPeer(reactor, recorder);
  assert(reactor.append(connection, bytesOf("never sent"), 0, 10));
  reactor.close(connection, "timeout");
  assertEquals([reactor.append(connection, bytesOf("x"), 0, 1), recorder.closed], [false, []]);
  assertEquals(reactor.reserve(connection, 1), -1);
  reactor.turn(0);
  assertEquals(recorder.closed, ["timeout"]);
  assertEquals(await drive(reactor, readUpTo(peer, 10), "the end"), new Uint8Array(0));
  peer.close();
}

async function outputFromCallbacks(reactor: Reactor): Promise<void> {
  const other = new Recorder();
  const { peer: otherPeer, connection: otherConnection } = await connectPeer(reactor, other);
  const { peer, connection } = await connectPeer(reactor, {
    onData: (_connection, _bytes, _start, end) => end,
    onDrain: (drained) => reactor.append(drained, bytesOf("drained"), 0, 7),
    onClose: () => reactor.append(otherConnection, bytesOf("closed"), 0, 6),
  });
  const message = new Uint8Array(16 * MIB);
  reactor.append(connection, message, 0, message.length);
  const all = await drive(reactor, readUpTo(peer, message.length + 7), "the message and more");
  assertEquals(all.slice(message.length), bytesOf("drained"));
  await writeAll(peer, bytesOf("x"));
  peer.close();
  assertEquals(await drive(reactor, readUpTo(otherPeer, 6), "news of it"), bytesOf("closed"));
  await finish(reactor, other, otherPeer);
}
