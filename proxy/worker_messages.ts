/**
 * What the proxy's main thread and its workers say to each other.
 *
 * @module
 */

import type { ListenOptions, ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import type { DataPlaneOptions } from "./data_plane.ts";
import type { NumberedLogin } from "./upstream.ts";
import type { WorkerAnswer, WorkerQuestion } from "./worker_question.ts";

/** What a worker is started with. */
export interface ProxyWorkerInit {
  readonly transport: ReactorKind;
  readonly options: DataPlaneOptions;
}

/** From the main thread. */
export type ToProxyWorker =
  | { readonly kind: "listen"; readonly listen: ListenOptions }
  /** A `RouteDocument` as JSON: text crosses threads faster than a cloned object. */
  | { readonly kind: "routes"; readonly json: string }
  /** The proxy's user at a stock server, made before the routes that were sent last were read. */
  | { readonly kind: "login"; readonly address: string; readonly login: NumberedLogin }
  /** Take no clients until `listen`, and let those connected go. */
  | { readonly kind: "dismiss" }
  /** Worker `from` asks all others. */
  | {
    readonly kind: "question";
    readonly from: number;
    readonly ticket: number;
    readonly question: WorkerQuestion;
  }
  /** What one of them answered to the question with this ticket. */
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: WorkerAnswer }
  /** Say how much there is to do: `tally`. */
  | { readonly kind: "count" }
  | { readonly kind: "drain" };

/** How much a worker, or all of a proxy's together, have to do. */
export interface Tally {
  /** Clients connected now. */
  readonly clients: number;
  /** Requests received since the worker's start. */
  readonly requests: number;
}

/** To the main thread. */
export type FromProxyWorker =
  | { readonly kind: "listening"; readonly address: SocketAddress }
  | { readonly kind: "listen-failed"; readonly error: string }
  /** Every slot of this worker follows the routes of `epoch`. */
  | { readonly kind: "applied"; readonly epoch: number }
  /** Asks all other workers; each answers under the ticket. */
  | { readonly kind: "ask"; readonly ticket: number; readonly question: WorkerQuestion }
  /** The answer to worker `to`. */
  | {
    readonly kind: "answer";
    readonly to: number;
    readonly ticket: number;
    readonly answer: WorkerAnswer;
  }
  /** Requests were lost with a connection of this login, or the server refuses it. */
  | { readonly kind: "login-lost"; readonly address: string; readonly login: number }
  /** A server knows at least `epoch`, or refused what the routes say. */
  | { readonly kind: "topology-wanted"; readonly epoch: number }
  /** The answer to `count`. */
  | { readonly kind: "tally"; readonly tally: Tally }
  /** After `drain`: no client is left. */
  | { readonly kind: "drained" };
