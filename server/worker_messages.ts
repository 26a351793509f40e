/**
 * What the server's main thread and its worker say to each other.
 *
 * @module
 */

import type { EmptyTag } from "../core/slots.ts";
import type { ListenOptions, ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import type { ServerSettings } from "./server_state.ts";

/** What the worker is started with. */
export interface ServerWorkerInit {
  readonly transport: ReactorKind;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly settings: ServerSettings;
  readonly emptyTag: EmptyTag;
  /** Whether it serves slots before a leader fenced it (PROTOCOL rule 7). */
  readonly slots: "standalone" | "managed";
  /** Where fences are kept; undefined: in memory only. */
  readonly dir: string | undefined;
}

/** From the main thread. */
export type ToServerWorker =
  | { readonly kind: "listen"; readonly listen: ListenOptions }
  | { readonly kind: "drain" };

/** To the main thread. */
export type FromServerWorker =
  | { readonly kind: "listening"; readonly address: SocketAddress }
  | { readonly kind: "listen-failed"; readonly error: string }
  /** After `drain`: no client is left. */
  | { readonly kind: "drained" }
  /** A client sent SHUTDOWN: the process should end. */
  | { readonly kind: "shutdown" };
