/**
 * Starts a data-plane worker for a test and lets it listen on a free port.
 *
 * @module
 */

import { WorkerHost } from "../../core/worker_host.ts";
import type { FromProxyWorker, ToProxyWorker } from "../../proxy/worker_messages.ts";
import type { FromServerWorker, ToServerWorker } from "../../server/worker_messages.ts";

/** A worker that listens. */
export interface ListeningWorker<Init, ToWorker, FromWorker> {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** For what else is said to it. */
  readonly host: WorkerHost<Init, ToWorker, FromWorker>;
}

/** What a worker is started with. */
export interface WorkerSetup<Init, ToWorker, FromWorker> {
  /** Its entry module. */
  readonly module: URL;
  readonly init: Init;
  /** Said before it listens. */
  readonly first?: readonly ToWorker[];
  /** What it says besides where it listens. */
  readonly onMessage?: (message: FromWorker) => void;
}

const LISTEN = { kind: "listen", listen: { host: "127.0.0.1", port: 0 } } as const;

/** Resolves when it listens; rejects if it dies before. */
export async function startListeningWorker<
  Init,
  ToWorker extends ToServerWorker | ToProxyWorker,
  FromWorker extends FromServerWorker | FromProxyWorker,
>(
  setup: WorkerSetup<Init, ToWorker, FromWorker>,
): Promise<ListeningWorker<Init, ToWorker, FromWorker>> {
  const listening = Promise.withResolvers<number>();
  const host = await WorkerHost.start<Init, ToWorker, FromWorker>({
    module: setup.module,
    name: "test",
    init: setup.init,
    onMessage: (message) => {
      if (message.kind === "listening") listening.resolve(message.address.port);
      else if (message.kind === "listen-failed") listening.reject(new Error(message.error));
      else setup.onMessage?.(message);
    },
    onDeath: (error) => listening.reject(new Error(error)),
  });
  for (const message of setup.first ?? []) host.post(message);
  host.post(LISTEN as ToWorker);
  return { port: await listening.promise, host };
}
