/**
 * Workers of the product with another entry module than the product's own: what runs in them is the
 * product with one decision changed.
 *
 * @module
 */

import type { Topology } from "../../core/topology/topology.ts";
import { routeDocumentOf } from "../../proxy/route_document.ts";
import type {
  FromProxyWorker,
  ProxyWorkerInit,
  ToProxyWorker,
} from "../../proxy/worker_messages.ts";
import type {
  FromServerWorker,
  ServerWorkerInit,
  ToServerWorker,
} from "../../server/worker_messages.ts";
import { startListeningWorker } from "./listening_worker.ts";
import { PLANE_OPTIONS } from "./plane_options.ts";

/** A running worker. */
export interface ChangedWorker {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Ends it. */
  close(): Promise<unknown>;
}

/** A running proxy worker. */
export interface ChangedProxy extends ChangedWorker {
  /** Puts the routes of a topology in force. */
  apply(topology: Topology): void;
}

const CLOSE_TIMEOUT_MS = 5000;

const SERVER: ServerWorkerInit = {
  transport: "native",
  runId: "0".repeat(40),
  startedAtMs: 0,
  settings: { requirePassword: "", maxClients: 1000, timeoutSeconds: 0, maxMemoryBytes: 0 },
  emptyTag: "hash-empty",
  slots: "managed",
  dir: undefined,
};

/** Starts a server whose slots a leader manages. */
export async function startChangedServer(module: URL): Promise<ChangedWorker> {
  const { port, host } = await startListeningWorker<
    ServerWorkerInit,
    ToServerWorker,
    FromServerWorker
  >({ module, init: SERVER });
  return { port, close: () => host.close(CLOSE_TIMEOUT_MS) };
}

/** Starts a proxy worker; every slot is offline until it is given a topology. */
export async function startChangedProxy(module: URL): Promise<ChangedProxy> {
  const { port, host } = await startListeningWorker<
    ProxyWorkerInit,
    ToProxyWorker,
    FromProxyWorker
  >({ module, init: { transport: "native", options: PLANE_OPTIONS } });
  return {
    port,
    close: () => host.close(CLOSE_TIMEOUT_MS),
    apply: (topology) =>
      host.post({ kind: "routes", json: JSON.stringify(routeDocumentOf(topology)) }),
  };
}
