/**
 * What the server's main thread and its worker say to each other.
 *
 * @module
 */

import type { EmptyTag } from "../core/slots.ts";
import type { ListenOptions, SocketAddress } from "../core/transport/reactor.ts";
import type { ServerSettings } from "./server_state.ts";

/** What the worker is started with. */
export interface ServerWorkerInit {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly settings: ServerSettings;
  readonly emptyTag: EmptyTag;
}

/** From the main thread. */
export type ToServerWorker =
  | { readonly kind: "listen"; readonly listen: ListenOptions }
  | { readonly kind: "drain" };

/** To the main thread. */
export type FromServerWorker = { readonly kind: "listening"; readonly address: SocketAddress };
