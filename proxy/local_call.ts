/**
 * One request that the proxy answers by itself, as its handler sees it.
 *
 * @module
 */

import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { Reactor } from "../core/transport/reactor.ts";
import type { DataPlane, DataPlaneOptions } from "./data_plane.ts";
import type { RequestArguments } from "./request_arguments.ts";
import type { Session } from "./session.ts";
import type { WorkerPeers } from "./worker_peers.ts";
import type { WorkerAnswer, WorkerQuestion } from "./worker_question.ts";

/** A request being answered. */
export interface LocalCall {
  readonly session: Session;
  readonly args: RequestArguments;
  /** Takes exactly one frame. */
  readonly writer: ReplyWriter;
  /** Id of the command or subcommand. */
  readonly id: number;
  /** Asks every worker, this one included; `write` takes the place of writing now. Once at most. */
  askAll(question: WorkerQuestion, write: WriteAnswers): void;
}

/** Writes the one frame that several workers' answers make. */
export type WriteAnswers = (writer: ReplyWriter, answers: readonly WorkerAnswer[]) => void;

/** Writes the reply to a request. The number of arguments fits the command's arity. */
export type LocalHandler = (call: LocalCall) => void;

/** What handlers know of the proxy. */
export interface LocalContext {
  readonly plane: DataPlane;
  readonly reactor: Reactor;
  readonly options: DataPlaneOptions;
  readonly peers: WorkerPeers;
}
