/**
 * One proxy worker without a control plane, in front of servers on this machine: the tests say where
 * the slots are.
 *
 * @module
 */

import type { ReactorKind } from "../../core/transport/reactor.ts";
import { WorkerHost } from "../../core/worker_host.ts";
import type { DataPlaneOptions } from "../../proxy/data_plane.ts";
import type { RouteRange } from "../../proxy/routes.ts";
import type {
  FromProxyWorker,
  ProxyWorkerInit,
  ToProxyWorker,
} from "../../proxy/worker_messages.ts";

/** A running proxy worker; disposing ends it. */
export interface ProxyWorker extends AsyncDisposable {
  /** The port on 127.0.0.1 for clients. */
  readonly port: number;
  /** Puts newer routes in force. */
  setRoutes(ranges: readonly RouteRange[]): void;
}

const CLOSE_TIMEOUT_MS = 5000;

const OPTIONS: DataPlaneOptions = {
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
  product: "test",
  workerCount: 1,
};

/** Starts a worker that listens on a free port and routes by `ranges`. */
export async function startProxyWorker(
  ranges: readonly RouteRange[],
  changes: Partial<DataPlaneOptions> = {},
  transport: ReactorKind = "native",
): Promise<ProxyWorker> {
  const listening = Promise.withResolvers<number>();
  const init: ProxyWorkerInit = { transport, options: { ...OPTIONS, ...changes } };
  const host = await WorkerHost.start<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>({
    module: new URL("../../proxy/worker.ts", import.meta.url),
    name: "proxy",
    init,
    onMessage: (message) => {
      if (message.kind === "listening") listening.resolve(message.address.port);
      if (message.kind === "listen-failed") listening.reject(new Error(message.error));
    },
    onDeath: (error) => listening.reject(new Error(error)),
  });
  let epoch = 0;
  const setRoutes = (ranges: readonly RouteRange[]) =>
    host.post({ kind: "routes", json: JSON.stringify({ epoch: ++epoch, ranges }) });
  setRoutes(ranges);
  host.post({ kind: "listen", listen: { host: "127.0.0.1", port: 0 } });
  return {
    port: await listening.promise,
    setRoutes,
    [Symbol.asyncDispose]: async () => {
      if (!await host.close(CLOSE_TIMEOUT_MS)) throw new Error("the proxy worker did not end");
    },
  };
}

/** The routes that give each of `ports` an equal share of the slots. */
export function evenRoutes(ports: readonly number[]): RouteRange[] {
  return ports.map((port, index) => ({
    first: Math.floor(1024 * index / ports.length),
    last: Math.floor(1024 * (index + 1) / ports.length) - 1,
    route: { kind: "direct", address: `127.0.0.1:${port}` },
  }));
}
