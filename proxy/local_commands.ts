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
import { KIND_COMPOSED } from "./pending_requests.ts";
import type { LocalCall, LocalContext, LocalHandler, WriteAnswers } from "./local_call.ts";
import { RequestArguments } from "./request_arguments.ts";
import { serverHandlers } from "./server_commands.ts";
import type { Session } from "./session.ts";
import { slotsHandlers } from "./slots_commands.ts";
import { answerQuestion, type WorkerQuestion } from "./worker_question.ts";

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
    const { peers, plane } = this.#context;
    // A handler may have effects: it must not run twice for one request.
    if (plane.pending.full || peers.isFull) return false;
    const writer = this.#openWriter(session);
    let asked: { question: WorkerQuestion; write: WriteAnswers } | undefined;
    const askAll = (question: WorkerQuestion, write: WriteAnswers) => asked = { question, write };
    handler({ session, args, writer, id, askAll });
    if (asked !== undefined) {
      const { question, write } = asked;
      if (!peers.isAlone) return this.#askAll(session, question, write);
      write(writer, [answerQuestion(this.#context, question, session)]);
    }
    const answered = plane.dispatcher.answer(session, writer.bytes.subarray(0, writer.position));
    this.#closeWriter();
    return answered;
  }

  /** Answers in the request's place in its session, once the other workers have answered. */
  #askAll(session: Session, question: WorkerQuestion, write: WriteAnswers): boolean {
    const { plane: { pending, delivery, sessions }, peers } = this.#context;
    const request = pending.take(session.connection, KIND_COMPOSED);
    delivery.enqueue(session, request);
    const own = answerQuestion(this.#context, question, session);
    peers.ask(question, (others) => {
      const writer = this.#openWriter(session);
      write(writer, [own, ...others]);
      delivery.deliver(request, writer.bytes, 0, writer.position);
      delivery.flush();
      this.#closeWriter();
      sessions.wake();
    });
    return true;
  }

  #openWriter(session: Session): ReplyWriter {
    this.#writer.position = 0;
    this.#writer.protocol = session.protocol;
    return this.#writer;
  }

  #closeWriter(): void {
    if (this.#writer.bytes.length > WRITER_BYTES_KEPT) this.#writer = new ReplyWriter();
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
