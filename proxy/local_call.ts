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

/** A request being answered. */
export interface LocalCall {
  readonly session: Session;
  readonly args: RequestArguments;
  /** Takes exactly one frame. */
  readonly writer: ReplyWriter;
  /** Id of the command or subcommand. */
  readonly id: number;
}

/** Writes the reply to a request. The number of arguments fits the command's arity. */
export type LocalHandler = (call: LocalCall) => void;

/** What handlers know of the proxy. */
export interface LocalContext {
  readonly plane: DataPlane;
  readonly reactor: Reactor;
  readonly options: DataPlaneOptions;
}
