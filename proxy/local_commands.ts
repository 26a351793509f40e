/**
 * The commands that the proxy answers by itself, by command id.
 *
 * Invariant: an answer takes its place in the session's order; it never overtakes the replies of
 * servers.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import { commandId, COMMANDS } from "../core/commands/table.ts";
import { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import { Authentication, mustWaitForProtocol } from "./authentication.ts";
import { clientHandlers, setInfo } from "./client_commands.ts";
import { CONNECTION_HANDLERS } from "./connection_commands.ts";
import { helpLines } from "./help_reply.ts";
import type { LocalCall, LocalContext, LocalHandler } from "./local_call.ts";
import { RequestArguments } from "./request_arguments.ts";
import { serverHandlers } from "./server_commands.ts";
import type { Session } from "./session.ts";
import { slotsHandlers } from "./slots_commands.ts";

/** A buffer that grew beyond this is not kept. */
const WRITER_BYTES_KEPT = 1 << 20;
const HELLO = commandId("hello");
const RESET = commandId("reset");
/** Subcommands that clients send and Redis 7.0's table does not have. */
const NEWER_SUBCOMMANDS: Readonly<Record<string, LocalHandler>> = { "client|setinfo": setInfo };

/** Answers requests without a server. */
export class LocalCommands {
  readonly #context: LocalContext;
  readonly #handlers: (LocalHandler | undefined)[] = new Array(COMMANDS.length).fill(undefined);
  #writer = new ReplyWriter();

  constructor(context: LocalContext) {
    this.#context = context;
    const authentication = new Authentication(context.options.password);
    const handlers = {
      ...CONNECTION_HANDLERS,
      ...clientHandlers(context),
      ...serverHandlers(context),
      ...slotsHandlers(context),
      auth: (call: LocalCall) => authentication.auth(call),
      hello: (call: LocalCall) => authentication.hello(call),
      reset: (call: LocalCall) => authentication.reset(call),
    };
    for (const [name, handler] of Object.entries(handlers)) {
      this.#handlers[commandId(name)] = handler;
    }
    for (const { id, name, parentId } of COMMANDS) {
      if (name.endsWith("|help") && parentId >= 0) this.#handlers[id] = helpHandler(parentId);
    }
  }

  /** Takes a request of command `id`. False: it is to be offered again. */
  dispatch(session: Session, id: number, parser: RequestParser): boolean {
    const handler = this.#handlers[id];
    if (handler === undefined) {
      return this.#context.plane.dispatcher.fail(session, notSupportedText(id));
    }
    const args = new RequestArguments(parser);
    if (id === RESET && mustWaitForProtocol(session, 2)) return false;
    if (id === HELLO && args.count > 1 && mustWaitForProtocol(session, args.integer(1))) {
      return false;
    }
    return this.#run(handler, session, id, args);
  }

  /** Takes a request whose second word is no subcommand of `containerId` in the table. */
  dispatchUnknown(session: Session, containerId: number, parser: RequestParser): boolean {
    const args = new RequestArguments(parser);
    const container = nameOf[containerId]!;
    const handler = NEWER_SUBCOMMANDS[`${container}|${args.word(1)}`] ?? unknownSubcommand;
    return this.#run(handler, session, containerId, args);
  }

  #run(handler: LocalHandler, session: Session, id: number, args: RequestArguments): boolean {
    const { pending, dispatcher } = this.#context.plane;
    // A handler may have effects: it must not run twice for one request.
    if (pending.full) return false;
    const writer = this.#writer;
    writer.position = 0;
    writer.protocol = session.protocol;
    handler({ session, args, writer, id });
    const answered = dispatcher.answer(session, writer.bytes.subarray(0, writer.position));
    if (writer.bytes.length > WRITER_BYTES_KEPT) this.#writer = new ReplyWriter();
    return answered;
  }
}

/** The error for a command that the proxy refuses. */
export function notSupportedText(id: number): string {
  return `ERR '${nameOf[id]}' is not supported through the proxy`;
}

function unknownSubcommand({ args, id, writer }: LocalCall): void {
  const container = nameOf[id]!.toUpperCase();
  const word = args.text(1).slice(0, 128);
  writer.error(`ERR unknown subcommand '${word}'. Try ${container} HELP.`);
}

function helpHandler(containerId: number): LocalHandler {
  return ({ writer }) => {
    const lines = helpLines(containerId);
    writer.array(lines.length);
    for (const line of lines) writer.simple(line);
  };
}
