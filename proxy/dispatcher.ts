/**
 * Decides what becomes of each request of a client.
 *
 * The hot path is a command whose key has a directly owned slot: look the command up, hash the key,
 * append the bytes to the server's output. Nothing is decoded or allocated. All else is handed on by
 * the table's request policy.
 *
 * Invariant: each request is answered exactly once, in the session's order, whatever it is.
 *
 * @module
 */

import {
  arityOf,
  findCommand,
  FLAG_NO_AUTH,
  flagsOf,
  nameOf,
  REQUEST_ONE_SLOT,
  requestPolicyOf,
} from "../core/commands/command_index.ts";
import { keysOf, soleKeyOf } from "../core/commands/keys_of.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import { slotOf } from "../core/slots.ts";
import type { Delivery } from "./delivery.ts";
import type { Forwarder } from "./forwarder.ts";
import { KIND_COMPOSED, KIND_FORWARDED, NONE, type PendingRequests } from "./pending_requests.ts";
import { offlineText, type Redirector } from "./redirector.ts";
import type { Session } from "./session.ts";
import type { RequestSink } from "./sessions.ts";
import { MODE_DIRECT, MODE_OFFLINE, type SlotTable } from "./slot_table.ts";
import type { Upstream } from "./upstream.ts";

const encoder = new TextEncoder();
const CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";
const NO_AUTH = "NOAUTH Authentication required.";

/** Takes the commands that are not simply forwarded to one slot's server. */
export interface OtherCommands {
  /** As {@linkcode RequestSink.dispatch}, for command `id`, whose arity is right. */
  dispatch(session: Session, id: number, parser: RequestParser): boolean;
  /** The client is gone. */
  forget(session: Session): void;
  /** A part of a composed request got the reply `[start, end)`; gives the part back. */
  onPart(request: number, bytes: Uint8Array, start: number, end: number): void;
  /** A part over several slots was refused; true if it is being sent again slot by slot. */
  onPartRefused(request: number, bytes: Uint8Array): boolean;
  /** The composed request `request` still waits for a part on `slot`. */
  hasOpenPart(request: number, slot: number): boolean;
}

/** Routes requests by the command table. */
export class Dispatcher implements RequestSink {
  /** Requests by command id since the start. */
  readonly calls: Float64Array = new Float64Array(nameOf.length);
  /** Set once by the worker that composes the parts. */
  others!: OtherCommands;
  /** Set once by the worker that composes the parts. */
  redirector!: Redirector;
  readonly #pending: PendingRequests;
  readonly #delivery: Delivery;
  readonly #slots: SlotTable;
  readonly #forwarder: Forwarder;
  #keyArguments = new Int32Array(64);

  constructor(
    parts: {
      pending: PendingRequests;
      delivery: Delivery;
      slots: SlotTable;
      forwarder: Forwarder;
    },
  ) {
    this.#pending = parts.pending;
    this.#delivery = parts.delivery;
    this.#slots = parts.slots;
    this.#forwarder = parts.forwarder;
  }

  dispatch(session: Session, parser: RequestParser): boolean {
    const { args, bytes, argumentCount } = parser;
    const id = findCommand(bytes, args[0]!, args[1]!);
    if (id < 0) return this.#fail(session, unknownCommandText(parser));
    const arity = arityOf[id]!;
    if (arity > 0 ? argumentCount !== arity : argumentCount < -arity) {
      return this.#fail(session, `ERR wrong number of arguments for '${nameOf[id]}' command`);
    }
    if (!session.authenticated && (flagsOf[id]! & FLAG_NO_AUTH) === 0) {
      return this.#fail(session, NO_AUTH);
    }
    session.lastCommand = id;
    this.calls[id]!++;
    const isTaken = requestPolicyOf[id] === REQUEST_ONE_SLOT
      ? this.#toKeys(session, id, parser)
      : this.others.dispatch(session, id, parser);
    // It is offered again, and counted then.
    if (!isTaken) this.calls[session.lastCommand]!--;
    return isTaken;
  }

  #toKeys(session: Session, id: number, parser: RequestParser): boolean {
    const { args, bytes } = parser;
    const key = soleKeyOf[id]!;
    const slot = key > 0
      ? slotOf(bytes, args[2 * key]!, args[2 * key + 1]!, this.#slots.emptyTag)
      : this.#commonSlot(id, parser);
    return slot === NONE ? this.#fail(session, CROSS_SLOT) : this.toSlot(session, slot, parser);
  }

  /** Forwards a request of command `id`, whose keys must share a slot. False as for `dispatch`. */
  toCommonSlot(session: Session, id: number, parser: RequestParser): boolean {
    const slot = this.#commonSlot(id, parser);
    return slot === NONE ? this.#fail(session, CROSS_SLOT) : this.toSlot(session, slot, parser);
  }

  /** Forwards a request to where `slot` is. False as for `dispatch`. */
  toSlot(session: Session, slot: number, parser: RequestParser): boolean {
    if (this.#slots.mode[slot] !== MODE_DIRECT) return this.#admit(session, slot, parser);
    const upstream = session.protocol === 2
      ? this.#slots.server2[slot]!
      : this.#slots.server3[slot]!;
    if (upstream.backlogged) {
      upstream.roomAwaited = true;
      return false;
    }
    if (!upstream.ready()) return this.#fail(session, unreachableText(upstream));
    return this.#forwarder.forward(
      session,
      upstream,
      slot,
      parser.bytes,
      parser.requestStart,
      parser.requestEnd,
    );
  }

  flush(): void {
    this.#forwarder.flush();
    this.#delivery.flush();
  }

  fail(session: Session, text: string): boolean {
    return this.#fail(session, text);
  }

  forget(session: Session): void {
    this.others.forget(session);
  }

  /** Answers `session` in order with a whole reply. False: the proxy is full. */
  answer(session: Session, reply: Uint8Array): boolean {
    const request = this.#pending.take(session.connection, KIND_COMPOSED);
    if (request === NONE) return false;
    this.#delivery.enqueue(session, request);
    this.#delivery.deliver(request, reply, 0, reply.length);
    this.#delivery.flush();
    return true;
  }

  #fail(session: Session, text: string): boolean {
    return this.answer(session, errorFrame(text));
  }

  /** The slot that all keys share; {@linkcode NONE} if they do not. */
  #commonSlot(id: number, parser: RequestParser): number {
    const { args, bytes, argumentCount } = parser;
    if (this.#keyArguments.length < argumentCount) {
      this.#keyArguments = new Int32Array(argumentCount * 2);
    }
    const keys = this.#keyArguments;
    const count = keysOf(id, args, argumentCount, bytes, keys);
    // Without a key any server will do; it also knows best what is wrong with the arguments.
    if (count <= 0) return this.#slots.anyAssigned();
    let slot = NONE;
    for (let i = 0; i < count; i++) {
      const at = 2 * keys[i]!;
      const next = slotOf(bytes, args[at]!, args[at + 1]!, this.#slots.emptyTag);
      if (slot !== NONE && next !== slot) return NONE;
      slot = next;
    }
    return slot;
  }

  /** A request on a slot that is offline, moving or closed for now. */
  #admit(session: Session, slot: number, parser: RequestParser): boolean {
    if (this.#slots.mode[slot] === MODE_OFFLINE) return this.#fail(session, offlineText(slot));
    const request = this.#pending.take(session.connection, KIND_FORWARDED);
    if (request === NONE) return false;
    this.#delivery.enqueue(session, request);
    this.#forwarder.flush();
    const { bytes, requestStart, requestEnd } = parser;
    this.redirector.admit(request, slot, bytes, requestStart, requestEnd);
    return true;
  }
}

/** A whole RESP error reply; line breaks in `text` become spaces. */
export function errorFrame(text: string): Uint8Array {
  return encoder.encode(`-${text.replaceAll(/[\r\n]/g, " ")}\r\n`);
}

/** The reply when a server cannot be reached; the request was not sent. */
export function unreachableText(upstream: Upstream): string {
  const { host, port } = upstream.address;
  return `ERR server ${host}:${port} cannot be reached (${upstream.lastFailure}); not executed`;
}

/** Redis's reply to a command it does not know. */
function unknownCommandText(parser: RequestParser): string {
  const { args, bytes, argumentCount } = parser;
  const textOf = (index: number, lengthMax: number) => {
    const start = args[2 * index]!;
    return String.fromCharCode(
      ...bytes.subarray(start, Math.min(args[2 * index + 1]!, start + Math.max(lengthMax, 0))),
    );
  };
  let shown = "";
  for (let i = 1; i < argumentCount && shown.length < 128; i++) {
    shown += `'${textOf(i, 128 - shown.length)}' `;
  }
  return `ERR unknown command '${textOf(0, 128)}', with args beginning with: ${shown}`;
}
