/**
 * What every reactor must do with connections, input and timers, as tests that run the same against
 * each of them. Output is in `reactor_output_conformance.ts`.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { lookUpHost } from "../../core/host_lookup.ts";
import type { Reactor } from "../../core/transport/reactor.ts";
import { eventually } from "./eventually.ts";
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
  withReactor,
  writeAll,
} from "./reactor_driver.ts";

type Scenario = (reactor: Reactor) => Promise<void>;

/** Registers this half of the suite. */
export function testReactorConformance(name: string, create: CreateReactor): void {
  for (const [behaviour, scenario] of Object.entries(SCENARIOS)) {
    const limits = LIMITS[behaviour] ?? {};
    Deno.test(`${name}: ${behaviour}`, () => withReactor(create, limits, scenario));
  }
}

const SCENARIOS: Record<string, Scenario> = {
  "a message split at any byte is delivered whole": splitMessages,
  "a message of 64 MiB is delivered whole and sent back": bigMessage,
  "a message beyond the input limit closes the connection": inputLimit,
  "what was sent before the peer's end is delivered and answered": halfClose,
  "a paused connection is not delivered to, and resuming delivers what was kept": pauseAndResume,
  "bytes that arrive behind kept ones are delivered in order": resumeBeforeMore,
  "an outgoing connection opens, carries bytes and tells its peer": outgoing,
  "a refused connection is told of in a later turn": refused,
  "an unreachable address is told of in a later turn": unreachable,
  "a host's name is looked up": byName,
  "a name that nobody knows is told of in a later turn": unknownHost,
  "a connection may end while its host is looked up": closedWhileLookedUp,
  "a port in use is an error that names the address": portInUse,
  "an address of another machine is an error": addressNotAvailable,
  "reactors may share a port": sharedPort,
  "IPv6 addresses work": ipv6,
  "a number is not used again in the turn its connection ended": numbersNotReused,
  "a closed listener leaves its accepted connections alone": closedListener,
  "timers fire in order, once, and not when cleared": timers,
  "a turn waits no longer than to the next timer": turnWaitsForTimer,
  "onTurnEnd runs after handlers and before output is sent": turnEnd,
};

const LIMITS: Record<string, ReactorLimits> = {
  "a message beyond the input limit closes the connection": { inputLimitBytes: 100_000 },
};

/** Consumes whole lines only. */
function lines(
  _connection: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return bytes.subarray(start, end).lastIndexOf(10) + start + 1;
}

async function splitMessages(reactor: Reactor): Promise<void> {
  const text = bytesOf("first\nsecond\nthird\n");
  for (let cut = 1; cut < text.length; cut++) {
    const recorder = new Recorder();
    let seen = 0;
    recorder.consume = (connection, bytes, start, end) => {
      seen = recorder.received.length + end - start;
      const consumed = lines(connection, bytes, start, end);
      reactor.append(connection, bytes, start, consumed);
      return consumed;
    };
    const { peer } = await connectPeer(reactor, recorder);
    await drive(reactor, writeAll(peer, text.subarray(0, cut)), "the first part is written");
    await driveUntil(reactor, () => seen === cut, "the first part arrives");
    await drive(reactor, writeAll(peer, text.subarray(cut)), "the second part is written");
    const echoed = await drive(reactor, readUpTo(peer, text.length), "the echo");
    assertEquals([echoed, recorder.text], [text, "first\nsecond\nthird\n"], `cut at ${cut}`);
    peer.close();
    await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
    assertEquals(recorder.closed, ["end"]);
  }
}

async function bigMessage(reactor: Reactor): Promise<void> {
  const message = patternOf(64 * 1024 * 1024);
  let deliveries = 0;
  const closed: string[] = [];
  const { peer } = await connectPeer(reactor, {
    onData(connection, bytes, start, end) {
      deliveries++;
      if (end - start < message.length) return start;
      assert(sameBytes(bytes.subarray(start, end), message), "the message arrives as it was sent");
      assert(reactor.append(connection, bytes, start, end));
      return end;
    },
    onClose: (_connection, reason) => closed.push(reason),
  });
  const written = writeAll(peer, message);
  const echoed = await drive(reactor, readUpTo(peer, message.length), "the echo");
  await written;
  assert(sameBytes(echoed, message), "the echo differs from what was sent");
  assert(deliveries > 1, "it came in parts");
  peer.close();
  await driveUntil(reactor, () => closed.length > 0, "the end is told of");
}

async function inputLimit(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  recorder.consume = (_connection, _bytes, start) => start;
  const { peer } = await connectPeer(reactor, recorder);
  const written = writeAll(peer, new Uint8Array(16 * 1024 * 1024)).catch(() => {});
  await driveUntil(reactor, () => recorder.closed.length > 0, "the connection is closed");
  assertEquals(recorder.closed, ["input-limit"]);
  await drive(reactor, written, "the peer's write ends");
  peer.close();
}

async function halfClose(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  recorder.consume = (connection, bytes, start, end) => {
    reactor.append(connection, bytes, start, end);
    return end;
  };
  const { peer } = await connectPeer(reactor, recorder);
  await writeAll(peer, bytesOf("last words"));
  await peer.closeWrite();
  const answer = await drive(reactor, readUpTo(peer, 100), "the answer and the end");
  assertEquals(answer, bytesOf("last words"));
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
  assertEquals(recorder.closed, ["end"]);
  peer.close();
}

async function pauseAndResume(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  recorder.consume = (connection, bytes, start, end) => {
    if (recorder.received.length === 0) reactor.pause(connection);
    return Math.min(end, lines(connection, bytes, start, Math.min(end, start + 4)));
  };
  const { peer, connection } = await connectPeer(reactor, recorder);
  await writeAll(peer, bytesOf("one\ntwo\nsix\n"));
  await driveUntil(reactor, () => recorder.text === "one\n", "the first line");
  await writeAll(peer, bytesOf("ten\n"));
  for (let i = 0; i < 20; i++) reactor.turn(1);
  assertEquals(recorder.text, "one\n");
  reactor.resume(connection);
  await driveUntil(reactor, () => recorder.text.length >= 8, "the second line");
  assertEquals(recorder.text.slice(0, 8), "one\ntwo\n");
  // The rest comes when more arrives, as for any remainder.
  recorder.consume = (_connection, _bytes, _start, end) => end;
  await driveUntil(reactor, () => recorder.text.length >= 16, "the rest");
  assertEquals(recorder.text, "one\ntwo\nsix\nten\n");
  peer.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}

async function resumeBeforeMore(reactor: Reactor): Promise<void> {
  const size = 300_000;
  const recorder = new Recorder();
  const parts: Uint8Array[] = [];
  let paused = 0;
  recorder.consume = (connection, bytes, start, end) => {
    // Takes a little at a time and pauses each time, so that most is kept and delivered again.
    const taken = Math.min(end, start + 20_000);
    parts.push(bytes.slice(start, taken));
    reactor.pause(connection);
    paused++;
    return taken;
  };
  const { peer, connection } = await connectPeer(reactor, recorder);
  const message = patternOf(size);
  const written = writeAll(peer, message);
  let resumed = 0;
  await driveUntil(reactor, () => {
    if (paused > resumed) {
      resumed = paused;
      reactor.resume(connection);
    }
    return recorder.received.length === size;
  }, "everything is delivered");
  await written;
  assert(sameBytes(new Uint8Array(recorder.received), message), "in order and once");
  peer.close();
  reactor.resume(connection);
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}

async function outgoing(reactor: Reactor): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { host: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port };
  const recorder = new Recorder();
  const accepted = listener.accept();
  const connection = reactor.connect(address, recorder);
  assertEquals([recorder.opened, reactor.peerAddress(connection)], [[], address]);
  assert(reactor.append(connection, bytesOf("early"), 0, 5), "output may precede the opening");
  const peer = await drive(reactor, accepted, "the connection is accepted");
  assertEquals(await drive(reactor, readUpTo(peer, 5), "output"), bytesOf("early"));
  assertEquals(recorder.opened, [connection]);
  await writeAll(peer, bytesOf("reply"));
  await driveUntil(reactor, () => recorder.text === "reply", "input");
  peer.close();
  listener.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
  assertEquals(recorder.closed, ["end"]);
}

async function refused(reactor: Reactor): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const recorder = new Recorder();
  reactor.connect({ host: "127.0.0.1", port }, recorder);
  assertEquals(recorder.closed, []);
  await driveUntil(reactor, () => recorder.closed.length > 0, "the failure is told of");
  assertEquals([recorder.opened, recorder.closed], [[], ["refused"]]);
}

async function unreachable(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const connection = reactor.connect({ host: "255.255.255.255", port: 9 }, recorder);
  assertEquals(recorder.closed, []);
  assert(connection >= 0);
  await driveUntil(reactor, () => recorder.closed.length > 0, "the failure is told of");
  assertEquals([recorder.opened, recorder.closed], [[], ["unreachable"]]);
}

function lookUpBySystem(host: string, done: (address: string | undefined) => void): void {
  lookUpHost(host).then(done);
}

async function byName(reactor: Reactor): Promise<void> {
  reactor.hostLookup = lookUpBySystem;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const recorder = new Recorder();
  const accepted = listener.accept();
  // A name that every hosts file has; in this spelling nothing takes it for an address.
  const connection = reactor.connect({ host: "LocalHost", port }, recorder);
  assert(reactor.append(connection, bytesOf("early"), 0, 5), "output may precede the look-up");
  const peer = await drive(reactor, accepted, "the connection is accepted");
  assertEquals(await drive(reactor, readUpTo(peer, 5), "output"), bytesOf("early"));
  assertEquals(recorder.opened, [connection]);
  peer.close();
  listener.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
  assertEquals(recorder.closed, ["end"]);
}

async function unknownHost(reactor: Reactor): Promise<void> {
  reactor.hostLookup = lookUpBySystem;
  const recorder = new Recorder();
  reactor.connect({ host: "no-such-host.invalid", port: 1 }, recorder);
  assertEquals(recorder.closed, []);
  await driveUntil(reactor, () => recorder.closed.length > 0, "the failure is told of");
  assertEquals([recorder.opened, recorder.closed], [[], ["unknown-host"]]);
}

async function closedWhileLookedUp(reactor: Reactor): Promise<void> {
  let answer: (address: string | undefined) => void = () => {};
  reactor.hostLookup = (_host, done) => answer = done;
  const early = new Recorder();
  const connection = reactor.connect({ host: "LocalHost", port: 1 }, early);
  reactor.close(connection);
  await driveUntil(reactor, () => early.closed.length > 0, "the end is told of");
  answer("127.0.0.1");
  for (let turn = 0; turn < 3; turn++) reactor.turn(0);
  assertEquals([early.opened, early.closed], [[], ["local"]]);
}

async function portInUse(reactor: Reactor): Promise<void> {
  const listener = reactor.listen({ host: "127.0.0.1", port: 0 }, () => new Recorder());
  const { port } = listener.address;
  assert(port > 0);
  assertThrows(
    () => reactor.listen({ host: "127.0.0.1", port }, () => new Recorder()),
    Deno.errors.AddrInUse,
    `127.0.0.1:${port}`,
  );
  listener.close();
  // The portable reactor's port is free once the runtime has ended its pending accept.
  await eventually(() => reactor.listen({ host: "127.0.0.1", port }, () => new Recorder()).close());
}

// deno-lint-ignore require-await -- a scenario is asynchronous
async function addressNotAvailable(reactor: Reactor): Promise<void> {
  assertThrows(
    () => reactor.listen({ host: "203.0.113.1", port: 0 }, () => new Recorder()),
    Deno.errors.AddrNotAvailable,
    "203.0.113.1:0",
  );
}

// deno-lint-ignore require-await -- a scenario is asynchronous
async function sharedPort(reactor: Reactor): Promise<void> {
  const first = reactor.listen({ host: "127.0.0.1", port: 0, shared: true }, () => new Recorder());
  const { port } = first.address;
  const second = reactor.listen({ host: "127.0.0.1", port, shared: true }, () => new Recorder());
  assertEquals(second.address, first.address);
  assertThrows(
    () => reactor.listen({ host: "127.0.0.1", port }, () => new Recorder()),
    Deno.errors.AddrInUse,
  );
}

async function ipv6(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, connection, address } = await connectPeer(reactor, recorder, "::1");
  assertEquals(address.host, "::1");
  const { port } = peer.localAddr as Deno.NetAddr;
  assertEquals(reactor.peerAddress(connection), { host: "::1", port });
  peer.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}

async function numbersNotReused(reactor: Reactor): Promise<void> {
  const successor = new Recorder();
  let second = -1;
  let closings = 0;
  const { peer, connection, address } = await connectPeer(reactor, {
    onData: (_connection, _bytes, _start, end) => end,
    onClose() {
      closings++;
      second = reactor.connect(address, successor);
    },
  });
  reactor.close(connection);
  reactor.close(connection, "timeout");
  await driveUntil(reactor, () => successor.closed.length > 0, "the second one fails");
  assert(second !== connection, "the number was used again at once");
  assertEquals(closings, 1);
  peer.close();
}

async function closedListener(reactor: Reactor): Promise<void> {
  const recorder = new Recorder();
  const { peer, address } = await connectPeer(reactor, recorder);
  const late = new Recorder();
  reactor.connect(address, late);
  await driveUntil(reactor, () => late.closed.length > 0, "a new connection is refused");
  await writeAll(peer, bytesOf("still here"));
  await driveUntil(reactor, () => recorder.text === "still here", "input");
  peer.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}

async function timers(reactor: Reactor): Promise<void> {
  const fired: string[] = [];
  reactor.setTimer(20, () => fired.push("second"));
  const cleared = reactor.setTimer(15, () => fired.push("cleared"));
  reactor.setTimer(5, () => {
    fired.push("first");
    reactor.setTimer(0, () => fired.push("from within"));
    assertEquals(fired, ["first"]);
  });
  reactor.setTimer(40, () => fired.push("third"));
  reactor.clearTimer(cleared);
  reactor.clearTimer(cleared);
  // On a busy machine several are due in one turn, and the one set within waits for the next.
  await driveUntil(reactor, () => fired.length === 4, "all have fired");
  assertEquals(fired.toSorted(), ["first", "from within", "second", "third"]);
  assertEquals(fired.filter((name) => name !== "from within"), ["first", "second", "third"]);
}

async function turnWaitsForTimer(reactor: Reactor): Promise<void> {
  let fired = false;
  reactor.setTimer(10, () => fired = true);
  // The limit of the test run is the judge: a turn that overslept would take ten minutes.
  while (!fired) {
    reactor.turn(600_000);
    await Promise.resolve();
  }
  assert(fired);
}

async function turnEnd(reactor: Reactor): Promise<void> {
  const order: string[] = [];
  const recorder = new Recorder();
  recorder.consume = (connection, _bytes, _start, end) => {
    order.push("data");
    reactor.append(connection, bytesOf("a"), 0, 1);
    return end;
  };
  const { peer, connection } = await connectPeer(reactor, recorder);
  reactor.onTurnEnd = () => {
    if (order.at(-1) !== "data") return;
    order.push(`turn end with ${reactor.pendingOutput(connection)} pending`);
    reactor.append(connection, bytesOf("b"), 0, 1);
  };
  await writeAll(peer, bytesOf("x"));
  const answer = await drive(reactor, readUpTo(peer, 2), "the answer");
  assertEquals([order, answer], [["data", "turn end with 1 pending"], bytesOf("ab")]);
  reactor.onTurnEnd = undefined;
  peer.close();
  await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
}
