import { assertEquals } from "@std/assert";
import type { CloseReason, ConnectionHandler, Reactor } from "../core/transport/reactor.ts";
import { PeerLinks } from "./peer_links.ts";

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");
const ADDRESS = { host: "127.0.0.1", port: 6379 };

/** The part of a reactor that links use, with a clock of its own; one connection at a time. */
class FakeReactor {
  nowMs = 1000;
  sent = "";
  pending = 0;
  connects = 0;
  #handler: ConnectionHandler | undefined;
  #timers = new Map<number, { atMs: number; callback: () => void }>();
  #lastTimer = 0;
  #closing: CloseReason | undefined;

  connect(_address: unknown, handler: ConnectionHandler): number {
    this.#handler = handler;
    return ++this.connects;
  }

  append(_connection: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.sent += latin1.decode(bytes.subarray(start, end));
    return true;
  }

  pendingOutput(): number {
    return this.pending;
  }

  close(_connection: number, reason: CloseReason = "local"): void {
    this.#closing = reason;
  }

  setTimer(delayMs: number, callback: () => void): number {
    this.#timers.set(++this.#lastTimer, { atMs: this.nowMs + delayMs, callback });
    return this.#lastTimer;
  }

  clearTimer(id: number): void {
    this.#timers.delete(id);
  }

  open(): void {
    this.#handler!.onOpen!(this.connects);
  }

  receive(text: string): void {
    const bytes = encoder.encode(text);
    this.#handler!.onData(this.connects, bytes, 0, bytes.length);
    this.endTurn();
  }

  end(reason: CloseReason): void {
    this.#closing = reason;
    this.endTurn();
  }

  endTurn(): void {
    if (this.#closing === undefined) return;
    const reason = this.#closing;
    this.#closing = undefined;
    this.#handler!.onClose(this.connects, reason);
  }

  passTime(byMs: number): void {
    this.nowMs += byMs;
    for (const [id, { atMs, callback }] of this.#timers) {
      if (atMs > this.nowMs) continue;
      this.#timers.delete(id);
      callback();
    }
    this.endTurn();
  }
}

function setUp(password = "", database = 0) {
  const reactor = new FakeReactor();
  const links = new PeerLinks(reactor as unknown as Reactor, () => password);
  const log: string[] = [];
  const send = (frame: string, timeoutMs = 500) =>
    links.open(ADDRESS, database).send(encoder.encode(frame), {
      timeoutMs,
      onReply: (bytes, start, end) => log.push(latin1.decode(bytes.subarray(start, end)).trim()),
      onLost: ({ stage, reason }) => log.push(`${frame} lost at ${stage}: ${reason}`),
    });
  return { reactor, links, log, send };
}

Deno.test("requests share a connection and are answered in order", () => {
  const { reactor, log, send } = setUp();
  send("one ");
  send("two ");
  assertEquals(reactor.sent, "");
  reactor.open();
  send("three ");
  assertEquals([reactor.sent, reactor.connects], ["one two three ", 1]);
  reactor.receive("+1\r\n:2\r\n-ERR 3\r\n");
  assertEquals(log, ["+1", ":2", "-ERR 3"]);
});

Deno.test("nothing is sent before the password and the database are accepted", () => {
  const { reactor, log, send } = setUp("pw", 3);
  send("one ");
  reactor.open();
  assertEquals(reactor.sent, "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n");
  reactor.sent = "";
  reactor.receive("+OK\r\n");
  assertEquals(reactor.sent, "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
  reactor.sent = "";
  reactor.receive("+OK\r\n");
  assertEquals(reactor.sent, "one ");
  reactor.receive("+1\r\n");
  assertEquals(log, ["+1"]);
});

Deno.test("a refused password loses what was held, unsent", () => {
  const { reactor, log, send } = setUp("pw");
  send("one ");
  reactor.open();
  reactor.receive("-WRONGPASS no\r\n");
  assertEquals(log, ["one  lost at auth: WRONGPASS no"]);
  assertEquals(reactor.sent.includes("one"), false);
});

Deno.test("a connection that ends loses its requests, and the next one opens another", () => {
  const { reactor, log, send } = setUp();
  send("one ");
  reactor.end("refused");
  send("two ");
  reactor.open();
  send("three ");
  reactor.receive("+2\r\n");
  reactor.end("reset");
  assertEquals(log, ["one  lost at connect: refused", "+2", "three  lost at request: reset"]);
  assertEquals(reactor.connects, 2);
});

Deno.test("silence ends the link; bytes that come or go do not let it end", () => {
  const { reactor, log, send } = setUp();
  send("one ");
  send("two ");
  reactor.open();
  reactor.pending = 100;
  reactor.passTime(400);
  reactor.receive("+1\r\n");
  reactor.passTime(400);
  assertEquals(log, ["+1"]);
  reactor.pending = 50;
  reactor.passTime(100);
  reactor.passTime(400);
  assertEquals(log, ["+1"]);
  reactor.passTime(200);
  assertEquals(log, ["+1", "two  lost at request: timeout"]);
});

Deno.test("a link that nobody uses is closed after fifteen seconds", () => {
  const { reactor, links, send } = setUp();
  send("one ");
  reactor.open();
  reactor.receive("+1\r\n");
  const link = links.open(ADDRESS, 0);
  reactor.passTime(14_000);
  reactor.passTime(500);
  assertEquals(link.isOpen, true);
  reactor.passTime(1000);
  assertEquals(link.isOpen, false);
});

Deno.test("bytes that are no reply end the link", () => {
  const { reactor, log, send } = setUp();
  send("one ");
  reactor.open();
  reactor.receive("hello\r\n");
  assertEquals(log, [
    "one  lost at request: Protocol error in a reply: unknown reply type byte 104",
  ]);
});
