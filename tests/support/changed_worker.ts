/**
 * Workers of the product with another entry module than the product's own: what runs in them is the
 * product with one decision changed.
 *
 * @module
 */

import type { Topology } from "../../core/topology/topology.ts";
import { WorkerHost } from "../../core/worker_host.ts";
import type { DataPlaneOptions } from "../../proxy/data_plane.ts";
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

const LISTEN = { host: "127.0.0.1", port: 0 };
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

const PROXY: DataPlaneOptions = {
  session: {
    clientCountMax: 1000,
    pipelineMax: 10_000,
    outputBytesHigh: 1 << 20,
    idleTimeoutMs: 0,
  },
  redirect: { redirectTimeoutMs: 5000, heldBytesMax: 64 << 20 },
  pendingMax: 1 << 20,
  stashBytesMax: 64 << 20,
  serverTimeoutMs: 30_000,
  emptyTag: "hash-empty",
  password: "",
  serverUser: "",
  serverPassword: "",
  firstClientId: 1,
};

type FromWorker = FromServerWorker | FromProxyWorker;

/** Starts a server whose slots a leader manages. */
export async function startChangedServer(module: URL): Promise<ChangedWorker> {
  const { port, host } = await startWorker<ServerWorkerInit, ToServerWorker>(module, SERVER);
  return { port, close: () => host.close(CLOSE_TIMEOUT_MS) };
}

/** Starts a proxy worker; every slot is offline until it is given a topology. */
export async function startChangedProxy(module: URL): Promise<ChangedProxy> {
  const init = { transport: "native", options: PROXY } as const;
  const { port, host } = await startWorker<ProxyWorkerInit, ToProxyWorker>(module, init);
  return {
    port,
    close: () => host.close(CLOSE_TIMEOUT_MS),
    apply: (topology) =>
      host.post({ kind: "routes", json: JSON.stringify(routeDocumentOf(topology)) }),
  };
}

async function startWorker<Init, ToWorker extends ToServerWorker | ToProxyWorker>(
  module: URL,
  init: Init,
): Promise<{ port: number; host: WorkerHost<Init, ToWorker, FromWorker> }> {
  const listening = Promise.withResolvers<number>();
  const host = await WorkerHost.start<Init, ToWorker, FromWorker>({
    module,
    name: "changed",
    init,
    onMessage: (message) => {
      if (message.kind === "listening") listening.resolve(message.address.port);
      if (message.kind === "listen-failed") listening.reject(new Error(message.error));
    },
    onDeath: (error) => listening.reject(new Error(error)),
  });
  host.post({ kind: "listen", listen: LISTEN } as ToWorker);
  return { port: await listening.promise, host };
}
