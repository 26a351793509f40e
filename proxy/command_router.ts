/**
 * Hands each command that is not simply forwarded to those who serve it, by the table's request
 * policy.
 *
 * Invariant: every request gets exactly one reply; what is not served gets an error that names it, and
 * the connection stays open.
 *
 * @module
 */

import {
  arityOf,
  findSubcommand,
  firstSubcommandOf,
  nameOf,
  REQUEST_ALL_GROUPS,
  REQUEST_ANY_GROUP,
  REQUEST_DEDICATED,
  REQUEST_LOCAL,
  REQUEST_ONE_SLOT,
  REQUEST_SPECIAL,
  REQUEST_SPLIT,
  requestPolicyOf,
} from "../core/commands/command_index.ts";
import { commandId, COMMANDS } from "../core/commands/table.ts";
import { encodeRequest } from "../core/resp/encode_request.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import type { Reactor } from "../core/transport/reactor.ts";
import { Compositions, mergeElements } from "./compositions.ts";
import type { DataPlane, DataPlaneOptions } from "./data_plane.ts";
import type { Dispatcher, OtherCommands } from "./dispatcher.ts";
import { GroupCommands } from "./group_commands.ts";
import type { LocalContext } from "./local_call.ts";
import { LocalCommands, notSupportedText } from "./local_commands.ts";
import { RequestArguments } from "./request_arguments.ts";
import type { Session } from "./session.ts";
import { invalidSlotText, slotArgumentOf } from "./slots_commands.ts";
import { SplitCommands } from "./split_commands.ts";
import { WorkerPeers } from "./worker_peers.ts";
import { answerQuestion, type WorkerAnswer, type WorkerQuestion } from "./worker_question.ts";

/** Serves a command by code of its own. */
type SpecialHandler = (session: Session, id: number, parser: RequestParser) => boolean;

const NO_CLUSTER = "ERR This instance has cluster support disabled";
const SLOTSINFO = encodeRequest(["SLOTSINFO"]);

/** What a router works with. */
export interface RouterEnvironment {
  readonly reactor: Reactor;
  readonly options: DataPlaneOptions;
  /** Asks the other workers, which answer through {@linkcode CommandRouter.onAnswer}. @default alone */
  readonly askOthers?: (ticket: number, question: WorkerQuestion) => void;
}

/** Serves all commands that the dispatcher does not forward by itself. */
export class CommandRouter implements OtherCommands {
  readonly #context: LocalContext;
  readonly #dispatcher: Dispatcher;
  readonly #compositions: Compositions;
  readonly #splits: SplitCommands;
  readonly #groups: GroupCommands;
  readonly #locals: LocalCommands;
  readonly #specials: ReadonlyMap<number, SpecialHandler>;

  constructor(plane: DataPlane, environment: RouterEnvironment) {
    const { options, reactor, askOthers } = environment;
    const others = askOthers === undefined ? 0 : (options.workerCount ?? 1) - 1;
    const peers = new WorkerPeers(reactor, others, askOthers ?? (() => {}));
    this.#context = { plane, reactor, options, peers };
    const { dispatcher, slots } = plane;
    this.#dispatcher = dispatcher;
    const compositions = this.#compositions = new Compositions(plane, {
      replyBytesMax: options.stashBytesMax,
    });
    this.#splits = new SplitCommands({ slots, dispatcher, compositions });
    this.#groups = new GroupCommands({
      slots,
      dispatcher,
      compositions,
      upstreamOf: (address, protocol, lane) => plane.upstreamOf(address, protocol, lane),
    });
    this.#locals = new LocalCommands(this.#context);
    this.#specials = new Map<number, SpecialHandler>([
      [commandId("scan"), (session, id, parser) => this.#groups.scan(session, id, parser)],
      [commandId("xread"), (session, id, parser) => this.#readStreams(session, id, parser)],
      [commandId("xreadgroup"), (session, id, parser) => this.#readStreams(session, id, parser)],
      [commandId("slotsinfo"), (session, id, parser) => this.#slotsInfo(session, id, parser)],
      [commandId("slotsscan"), (session, _id, parser) => this.#slotsScan(session, parser)],
    ]);
  }

  dispatch(session: Session, id: number, parser: RequestParser): boolean {
    if (firstSubcommandOf[id]! < 0 || parser.argumentCount === 1) {
      return this.#serve(session, id, parser);
    }
    const { args, bytes, argumentCount } = parser;
    const subcommand = findSubcommand(id, bytes, args[2]!, args[3]!);
    if (subcommand < 0) return this.#locals.dispatchUnknown(session, id, parser);
    const arity = arityOf[subcommand]!;
    if (arity > 0 ? argumentCount !== arity : argumentCount < -arity) {
      const name = nameOf[subcommand];
      return this.#dispatcher.fail(
        session,
        `ERR wrong number of arguments for '${name}' command`,
      );
    }
    session.lastCommand = subcommand;
    this.#dispatcher.calls[id]!--;
    this.#dispatcher.calls[subcommand]!++;
    return this.#serve(session, subcommand, parser);
  }

  /** Answers a question of another worker. */
  answer(question: WorkerQuestion): WorkerAnswer {
    return answerQuestion(this.#context, question);
  }

  /** Another worker has answered. */
  onAnswer(ticket: number, answer: WorkerAnswer): void {
    this.#context.peers.onAnswer(ticket, answer);
  }

  /** What the session left unanswered ends by itself; nothing else is kept for it here. */
  forget(_session: Session): void {}

  onPart(request: number, bytes: Uint8Array, start: number, end: number): void {
    this.#compositions.onPart(request, bytes, start, end);
  }

  onPartRefused(request: number, bytes: Uint8Array): boolean {
    return this.#compositions.onPartRefused(request, bytes);
  }

  hasOpenPart(request: number, slot: number): boolean {
    return this.#compositions.awaits(request, slot);
  }

  #serve(session: Session, id: number, parser: RequestParser): boolean {
    switch (requestPolicyOf[id]) {
      case REQUEST_LOCAL:
        return this.#locals.dispatch(session, id, parser);
      case REQUEST_SPLIT:
        return this.#splits.dispatch(session, id, parser);
      case REQUEST_ONE_SLOT:
        return this.#dispatcher.toCommonSlot(session, id, parser);
      case REQUEST_ALL_GROUPS:
      case REQUEST_ANY_GROUP:
        return this.#groups.dispatch(session, id, parser);
      case REQUEST_SPECIAL:
        return this.#specials.get(id)!(session, id, parser);
      case REQUEST_DEDICATED:
        return this.#dispatcher.fail(session, notServedText(`'${nameOf[id]}'`));
      default:
        return this.#dispatcher.fail(
          session,
          COMMANDS[id]!.group === "cluster" ? NO_CLUSTER : notSupportedText(id),
        );
    }
  }

  /** XREAD and XREADGROUP: like any command on keys, unless they may block. */
  #readStreams(session: Session, id: number, parser: RequestParser): boolean {
    const args = new RequestArguments(parser);
    for (let at = 1; at < args.count; at++) {
      const word = args.word(at);
      if (word === "streams") break;
      if (word === "block") {
        return this.#dispatcher.fail(session, notServedText(`'${nameOf[id]}' with BLOCK`));
      }
      at += word === "group" ? 2 : word === "count" ? 1 : 0;
    }
    return this.#dispatcher.toCommonSlot(session, id, parser);
  }

  /** `SLOTSINFO` of all servers, or with an address of that one, as in Codis. */
  #slotsInfo(session: Session, id: number, parser: RequestParser): boolean {
    const args = new RequestArguments(parser);
    if (args.count === 1 || !Number.isNaN(args.integer(1))) {
      return this.#groups.dispatch(session, id, parser, mergeElements);
    }
    return this.#groups.askServer(session, id, args.text(1), SLOTSINFO);
  }

  /** `SLOTSSCAN slot cursor …` goes where the slot is. */
  #slotsScan(session: Session, parser: RequestParser): boolean {
    const args = new RequestArguments(parser);
    const slot = slotArgumentOf(args, 1);
    return slot < 0
      ? this.#dispatcher.fail(session, invalidSlotText(args, 1))
      : this.#dispatcher.toSlot(session, slot, parser);
  }
}

function notServedText(what: string): string {
  return `ERR ${what} is not served by the proxy yet`;
}
