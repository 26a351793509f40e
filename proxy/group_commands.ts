/**
 * The commands without a key: to every server (DBSIZE, KEYS, FLUSHALL, SCRIPT LOAD …), to one of them
 * (RANDOMKEY, FUNCTION LIST …), or through all of them (SCAN).
 *
 * They go to the servers that have or receive slots. While a slot moves they wait until their session
 * has nothing unanswered, since an older request may be held back on its slot.
 *
 * Invariant: nothing is sent unless every server asked can be reached.
 *
 * @module
 */

import {
  FLAG_ALLOW_BUSY,
  FLAG_WRITE,
  flagsOf,
  REQUEST_ANY_GROUP,
  requestPolicyOf,
} from "../core/commands/command_index.ts";
import { commandId } from "../core/commands/table.ts";
import { encodeRequest } from "../core/resp/encode_request.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import { Composition, type Merge, newPart } from "./composition.ts";
import { type Compositions, mergeByPolicy } from "./compositions.ts";
import { type Dispatcher, unreachableText } from "./dispatcher.ts";
import { latin1Of, RequestArguments } from "./request_arguments.ts";
import { nextScanCursor, parseScanCursor } from "./scan_cursor.ts";
import { type ServerList, serversOf } from "./server_list.ts";
import type { Session } from "./session.ts";
import type { SlotTable } from "./slot_table.ts";
import type { Upstream } from "./upstream.ts";

/** What {@linkcode GroupCommands} works with. */
export interface GroupCommandsParts {
  readonly slots: SlotTable;
  readonly dispatcher: Dispatcher;
  readonly compositions: Compositions;
  upstreamOf(address: string, protocol: 2 | 3, lane: "shared" | "control"): Upstream;
}

const SCAN_END = new TextEncoder().encode("*2\r\n$1\r\n0\r\n*0\r\n");
const NO_SERVERS = "CLUSTERDOWN no slot is assigned to a group";
const RANDOMKEY = commandId("randomkey");
/** `*2`, the cursor's length, the cursor; elements follow. */
const SCAN_REPLY = /^\*2\r\n\$\d+\r\n(\d+)\r\n/;
const SCAN_REPLY_HEAD_BYTES = 64;

/** Sends requests that name no key. */
export class GroupCommands {
  readonly #slots: SlotTable;
  readonly #dispatcher: Dispatcher;
  readonly #compositions: Compositions;
  readonly #upstreamOf: GroupCommandsParts["upstreamOf"];

  constructor(parts: GroupCommandsParts) {
    this.#slots = parts.slots;
    this.#dispatcher = parts.dispatcher;
    this.#compositions = parts.compositions;
    this.#upstreamOf = (address, protocol, lane) => parts.upstreamOf(address, protocol, lane);
  }

  /**
   * Takes a request of command `id` for every server, whose replies `merge` makes one, or for any.
   * False: no room for it now.
   */
  dispatch(
    session: Session,
    id: number,
    parser: RequestParser,
    merge: Merge = mergeByPolicy,
  ): boolean {
    if (this.#mustWait(session)) return false;
    const servers = serversOf(this.#slots.route);
    if (servers.heldSlot >= 0 && (flagsOf[id]! & FLAG_WRITE) !== 0) {
      return this.#fail(session, `TRYAGAIN slot ${servers.heldSlot} is changing hands`);
    }
    if (requestPolicyOf[id] === REQUEST_ANY_GROUP) {
      return this.#dispatchAny(session, id, parser, servers);
    }
    const lane = (flagsOf[id]! & FLAG_ALLOW_BUSY) === 0 ? "shared" : "control";
    const upstreams = this.#upstreams(session, servers.addresses, lane);
    return this.#ask(session, id, upstreams, requestOf(parser), merge);
  }

  /** Takes a SCAN: one server answers, and the cursor says which is next. */
  scan(session: Session, id: number, parser: RequestParser): boolean {
    const args = new RequestArguments(parser);
    const position = parseScanCursor(args.text(1));
    if (position === undefined) return this.#fail(session, "ERR invalid cursor");
    if (this.#mustWait(session)) return false;
    const { addresses } = serversOf(this.#slots.route);
    const address = addresses[position.index];
    if (address === undefined && addresses.length > 0) {
      return this.#dispatcher.answer(session, SCAN_END);
    }
    const upstreams = this.#upstreams(session, address === undefined ? [] : [address], "shared");
    const words: (string | Uint8Array)[] = ["SCAN", String(position.own)];
    for (let index = 2; index < args.count; index++) words.push(args.bytes(index));
    const merge: Merge = ({ replies }, writer) =>
      writeScanReply(replies[0]!, position.index, addresses.length, writer);
    return this.#ask(session, id, upstreams, encodeRequest(words), merge);
  }

  /** Asks the server at `address`, which must have or receive slots, a question of the proxy's own. */
  askServer(session: Session, id: number, address: string, question: Uint8Array): boolean {
    if (!serversOf(this.#slots.route).addresses.includes(address)) {
      return this.#fail(session, `ERR backend server '${address}' not found`);
    }
    const upstreams = this.#upstreams(session, [address], "shared");
    return this.#ask(session, id, upstreams, question, "pass");
  }

  #dispatchAny(
    session: Session,
    id: number,
    parser: RequestParser,
    { addresses }: ServerList,
  ): boolean {
    const upstreams = shuffled(this.#upstreams(session, addresses, "shared"));
    const chosen = upstreams.findLastIndex((upstream) => upstream.ready());
    const asked = chosen < 0 ? upstreams.slice(0, 1) : upstreams.splice(chosen, 1);
    const others = id === RANDOMKEY ? upstreams : [];
    return this.#ask(session, id, asked, requestOf(parser), "pass", others);
  }

  #ask(
    session: Session,
    id: number,
    upstreams: readonly Upstream[],
    question: Uint8Array,
    merge: Merge | "pass",
    others: Upstream[] = [],
  ): boolean {
    if (upstreams.length === 0) return this.#fail(session, NO_SERVERS);
    for (const upstream of upstreams) {
      if (upstream.backlogged) {
        upstream.roomAwaited = true;
        return false;
      }
      if (!upstream.ready()) return this.#fail(session, unreachableText(upstream));
    }
    const composition = new Composition(id, upstreams.map(() => newPart([])), merge);
    composition.others = others;
    composition.question = question;
    if (!this.#compositions.open(session, composition)) return false;
    upstreams.forEach((upstream, index) =>
      this.#compositions.send(composition.parts[index]!, upstream, question, 0, question.length)
    );
    return true;
  }

  /** True if an older request of the session may be held back on a slot that is not simply direct. */
  #mustWait(session: Session): boolean {
    return session.count > 0 && !this.#slots.allDirect;
  }

  #upstreams(
    session: Session,
    addresses: readonly string[],
    lane: "shared" | "control",
  ): Upstream[] {
    return addresses.map((address) => this.#upstreamOf(address, session.protocol, lane));
  }

  #fail(session: Session, text: string): boolean {
    return this.#dispatcher.fail(session, text);
  }
}

/** Writes a server's reply to SCAN with the cursor that the client gets to see. */
function writeScanReply(
  reply: Uint8Array,
  index: number,
  serverCount: number,
  writer: ReplyWriter,
): void {
  const head = latin1Of(reply, 0, Math.min(reply.length, SCAN_REPLY_HEAD_BYTES));
  const match = SCAN_REPLY.exec(head);
  if (match === null) return writer.frame(reply);
  const shown = nextScanCursor(BigInt(match[1]!), index, serverCount);
  if (shown === undefined) {
    return writer.error("ERR a server's cursor is too large to be passed on");
  }
  writer.array(2);
  writer.bulkLatin1(String(shown));
  writer.frame(reply.subarray(match[0].length));
}

/** A copy of the request that `parser` holds. */
function requestOf({ bytes, requestStart, requestEnd }: RequestParser): Uint8Array {
  return bytes.slice(requestStart, requestEnd);
}

/** The same in random order. */
function shuffled<T>(items: readonly T[]): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}
