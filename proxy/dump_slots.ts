/**
 * Requests on slots that move between stock servers: the keys that a command names are sent to the new
 * owner with `MIGRATE`, then the command goes there.
 *
 * `MIGRATE` never replaces. A key that the target has already is the newer copy: the source's is removed
 * before the command runs. A `MIGRATE` without an answer from the target may still arrive there: the
 * proxy gives its login at the target up, with all that was sent under it and not read, before it
 * tries again (PROTOCOL rule 30).
 *
 * Invariant: a command runs at the target only while none of its keys is left at the source, and no
 * request of the proxy's own that could bring one is without an answer.
 *
 * @module
 */

import { findCommand } from "../core/commands/command_index.ts";
import { keysOf } from "../core/commands/keys_of.ts";
import { encodeRequest } from "../core/resp/encode_request.ts";
import { RequestParser } from "../core/resp/request_parser.ts";
import type { Forwarder } from "./forwarder.ts";
import { KIND_INTERNAL, NONE, type PendingRequests, PURPOSE_BRING } from "./pending_requests.ts";
import { latin1Of } from "./request_arguments.ts";
import type { SlotTable } from "./slot_table.ts";
import type { NumberedLogin, Upstream } from "./upstream.ts";

/** How long a `MIGRATE` waits for the target at most, milliseconds; the source waits with it. */
const MIGRATE_TIMEOUT_MS = 1000;
/** Errors are read so far. */
const ERROR_BYTES_MAX = 256;
const MINUS = 0x2d;

/** What the dump slots need from those around them. */
export interface DumpSlotsContext {
  readonly upstreamOf: (address: string, protocol: 2 | 3) => Upstream;
  /** The RESP version of a request's client. */
  readonly protocolOf: (request: number) => 2 | 3;
  /** Answers a request whose client is gone. */
  readonly drop: (request: number) => void;
  /** Keeps a request to be tried again. */
  readonly takeBack: (request: number, slot: number, bytes: Uint8Array) => void;
  /** Throws away what was sent to a server under the login of now, by whomever. */
  readonly giveUpLogin: (address: string, login: number) => void;
}

/** A client's request whose keys are on their way. */
interface Bringing {
  readonly request: number;
  readonly slot: number;
  readonly bytes: Uint8Array;
  readonly source: Upstream;
  readonly target: Upstream;
  readonly address: string;
  /** Under which `MIGRATE` sends keys. */
  readonly login: NumberedLogin;
  /** Keys of which it is not known whether they are at the target. */
  open: number;
  /** Some key could not be sent. */
  failed: boolean;
}

/** One key on its way; `isRest`: it is at the target, and the source's copy is being removed. */
interface Step {
  readonly bringing: Bringing;
  readonly key: Uint8Array;
  readonly isRest: boolean;
}

/** Brings keys to their new owners. */
export class DumpSlots {
  readonly #pending: PendingRequests;
  readonly #slots: SlotTable;
  readonly #forwarder: Forwarder;
  readonly #context: DumpSlotsContext;
  readonly #parser = new RequestParser();
  /** By number of the proxy's own request. */
  readonly #steps = new Map<number, Step>();
  #keys = new Int32Array(64);

  constructor(
    parts: { pending: PendingRequests; slots: SlotTable; forwarder: Forwarder },
    context: DumpSlotsContext,
  ) {
    this.#pending = parts.pending;
    this.#slots = parts.slots;
    this.#forwarder = parts.forwarder;
    this.#context = context;
  }

  /** Takes a held request of a slot that moves by `dump`. False: a server is not to be had now. */
  bring(request: number, slot: number, bytes: Uint8Array): boolean {
    const route = this.#slots.route[slot]!;
    if (route.kind !== "migrating") return false;
    const { upstreamOf, protocolOf } = this.#context;
    const protocol = protocolOf(request);
    const target = upstreamOf(route.to, protocol);
    const source = upstreamOf(route.from, 2);
    const { login } = target;
    if (!source.ready() || !target.ready() || login === undefined) return false;
    const keys = this.#keysOf(bytes);
    const base = { request, slot, bytes, source, target, address: route.to, login };
    const bringing: Bringing = { ...base, open: 0, failed: false };
    for (const key of keys) {
      this.#send(migrateFrame(bringing, key), { bringing, key, isRest: false });
    }
    if (keys.length === 0) this.#finish(bringing);
    return true;
  }

  /** The proxy's own request got the reply `[start, end)`. */
  onReply(own: number, bytes: Uint8Array, start: number, end: number): void {
    const step = this.#steps.get(own)!;
    this.#steps.delete(own);
    const { bringing } = step;
    bringing.open--;
    if (bytes[start] === MINUS) {
      const error = latin1Of(bytes, start + 1, Math.min(end, start + ERROR_BYTES_MAX));
      if (!step.isRest && error.includes("BUSYKEY") && bringing.source.ready()) {
        this.#send(encodeRequest(["UNLINK", step.key]), { ...step, isRest: true });
      } else {
        bringing.failed = true;
        if (error.startsWith("IOERR")) {
          this.#context.giveUpLogin(bringing.address, bringing.login.login);
        }
      }
    }
    if (bringing.open === 0) this.#finish(bringing);
  }

  /** The proxy's own request was lost with its connection. */
  onLost(own: number): void {
    const { bringing } = this.#steps.get(own)!;
    this.#steps.delete(own);
    bringing.open--;
    bringing.failed = true;
    if (bringing.open === 0) this.#finish(bringing);
  }

  #finish({ request, slot, bytes, target, failed }: Bringing): void {
    if (this.#pending.sessionOf(request) === NONE) return this.#context.drop(request);
    if (failed || !target.ready()) return this.#context.takeBack(request, slot, bytes);
    this.#slots.inFlight[slot]!++;
    this.#forwarder.send(request, target, bytes, 0, bytes.length);
    this.#forwarder.flush();
  }

  /** Sends a request of the proxy's own, which counts on the slot like the client's. */
  #send(frame: Uint8Array, step: Step): void {
    const { bringing } = step;
    const own = this.#pending.take(NONE, KIND_INTERNAL);
    this.#pending.part[own] = PURPOSE_BRING;
    this.#pending.slot[own] = bringing.slot;
    this.#slots.inFlight[bringing.slot]!++;
    this.#steps.set(own, step);
    bringing.open++;
    this.#forwarder.send(own, bringing.source, frame, 0, frame.length);
    this.#forwarder.flush();
  }

  /** The keys that a request names, each once. */
  #keysOf(bytes: Uint8Array): Uint8Array[] {
    const parser = this.#parser;
    parser.parse(bytes, 0, bytes.length);
    const { args, argumentCount } = parser;
    if (this.#keys.length < argumentCount) this.#keys = new Int32Array(argumentCount * 2);
    const id = findCommand(bytes, args[0]!, args[1]!);
    const count = keysOf(id, args, argumentCount, bytes, this.#keys);
    const keys = new Map<string, Uint8Array>();
    for (let i = 0; i < count; i++) {
      const at = 2 * this.#keys[i]!;
      keys.set(latin1Of(bytes, args[at]!, args[at + 1]!), bytes.slice(args[at]!, args[at + 1]!));
    }
    return [...keys.values()];
  }
}

function migrateFrame({ target, login }: Bringing, key: Uint8Array): Uint8Array {
  const { host, port } = target.address;
  const { user, password } = login;
  const as = ["AUTH2", user, password];
  return encodeRequest(["MIGRATE", host, port, "", 0, MIGRATE_TIMEOUT_MS, ...as, "KEYS", key]);
}
