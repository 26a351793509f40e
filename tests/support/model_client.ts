/**
 * A client of the proxy that knows what it may be answered.
 *
 * Invariant: the n-th reply is held against the n-th request; anything else ends the test.
 *
 * @module
 */

import { ReplyScanner } from "../../core/resp/reply_scanner.ts";
import type { FakePeer } from "./fake_reactor.ts";

/** One request and what it may be answered. */
export interface Expectation {
  readonly request: readonly string[];
  /** The reply unless it is an error: exact, or a pattern. */
  readonly reply: string | RegExp;
  /** What a server writes down when it executes it. */
  readonly tokens: readonly string[];
  /** Goes to one server as a whole, so that an error says what became of all of it. */
  readonly isWhole: boolean;
}

const ALLOWED_ERROR =
  /^-(TRYAGAIN|CLUSTERDOWN|ERR (server \S+ cannot be reached|connection to server \S+ lost|\d+ of \d+ parts failed|the proxy has too many))/;
const NOT_EXECUTED = /^-(TRYAGAIN|CLUSTERDOWN)|not executed\r\n$/;
const decoder = new TextDecoder();

/** A connected client. */
export class ModelClient implements FakePeer {
  readonly id: number;
  /** The proxy's number of this connection. */
  connection = -1;
  /** Bytes not yet on their way to the proxy. */
  readonly output: Uint8Array[] = [];
  /** Takes nothing while true. */
  isSlow = false;
  /** It asks nothing any more. */
  isLeaving = false;
  /** The connection ended. */
  isGone = false;
  /** Errors among the replies. */
  errors = 0;
  readonly waiting: Expectation[] = [];
  readonly #executions: ReadonlyMap<string, number>;
  readonly #scanner = new ReplyScanner();
  #input = new Uint8Array(0);

  /** `executions` tells how often each token was executed. */
  constructor(id: number, executions: ReadonlyMap<string, number>) {
    this.id = id;
    this.#executions = executions;
  }

  room(): number {
    return this.isSlow ? 0 : Infinity;
  }

  closed(): void {
    this.isGone = true;
  }

  receive(bytes: Uint8Array): void {
    const input = new Uint8Array(this.#input.length + bytes.length);
    input.set(this.#input);
    input.set(bytes, this.#input.length);
    let position = 0;
    for (;;) {
      const end = this.#scanner.scan(input, position, input.length);
      if (end === -2) throw new Error(`client ${this.id}: ${this.#scanner.error}`);
      if (end < 0) break;
      this.#check(decoder.decode(input.subarray(position, end)));
      position = end;
    }
    this.#input = input.slice(position);
  }

  #check(reply: string): void {
    const expected = this.waiting.shift();
    const complain = (what: string) => {
      const asked = expected === undefined ? "nothing" : expected.request.join(" ").slice(0, 200);
      throw new Error(`client ${this.id}: ${what}: asked ${asked}, got ${reply.slice(0, 200)}`);
    };
    if (expected === undefined) return complain("a reply too many");
    const counts = expected.tokens.map((token) => this.#executions.get(token) ?? 0);
    if (reply.startsWith("-")) {
      this.errors++;
      if (!ALLOWED_ERROR.test(reply)) return complain("an error that no client may see");
      const isExecuted = counts.some((count) => count > 0);
      if (expected.isWhole && isExecuted && NOT_EXECUTED.test(reply)) {
        complain("it was executed");
      }
      return;
    }
    const isRight = typeof expected.reply === "string"
      ? reply === expected.reply
      : expected.reply.test(reply);
    if (!isRight) complain("the wrong reply");
    if (counts.some((count) => count !== 1)) complain("not executed once");
  }
}
