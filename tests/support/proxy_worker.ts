/**
 * One proxy worker without a control plane, in front of servers on this machine: the tests say where
 * the slots are.
 *
 * @module
 */

import type { ReactorKind } from "../../core/transport/reactor.ts";
import type { DataPlaneOptions } from "../../proxy/data_plane.ts";
import type { RouteRange } from "../../proxy/routes.ts";
import type {
  FromProxyWorker,
  ProxyWorkerInit,
  ToProxyWorker,
} from "../../proxy/worker_messages.ts";
import { startListeningWorker } from "./listening_worker.ts";
import { PLANE_OPTIONS } from "./plane_options.ts";

/** A running proxy worker; disposing ends it. */
export interface ProxyWorker extends AsyncDisposable {
  /** The port on 127.0.0.1 for clients. */
  readonly port: number;
  /** Puts newer routes in force. */
  setRoutes(ranges: readonly RouteRange[]): void;
}

const CLOSE_TIMEOUT_MS = 5000;

/** Starts a worker that listens on a free port and routes by `ranges`. */
export async function startProxyWorker(
  ranges: readonly RouteRange[],
  changes: Partial<DataPlaneOptions> = {},
  transport: ReactorKind = "native",
): Promise<ProxyWorker> {
  let epoch = 0;
  const routes = (ranges: readonly RouteRange[]): ToProxyWorker => ({
    kind: "routes",
    json: JSON.stringify({ epoch: ++epoch, ranges }),
  });
  const { port, host } = await startListeningWorker<
    ProxyWorkerInit,
    ToProxyWorker,
    FromProxyWorker
  >({
    module: new URL("../../proxy/worker.ts", import.meta.url),
    init: { transport, options: { ...PLANE_OPTIONS, ...changes } },
    first: [routes(ranges)],
  });
  return {
    port,
    setRoutes: (ranges) => host.post(routes(ranges)),
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
