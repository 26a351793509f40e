/**
 * One worker of our server, as the server program runs it, for the tests that talk to it.
 *
 * @module
 */

import type { ReactorKind } from "../../core/transport/reactor.ts";
import type { ServerSettings } from "../../server/server_state.ts";
import type {
  FromServerWorker,
  ServerWorkerInit,
  ToServerWorker,
} from "../../server/worker_messages.ts";
import { startListeningWorker } from "./listening_worker.ts";

/** A running worker of our server; disposing ends it. */
export interface ServerWorker extends AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Resolves when a client has sent SHUTDOWN. */
  readonly shutDown: Promise<void>;
}

const CLOSE_TIMEOUT_MS = 5000;

const SETTINGS: ServerSettings = {
  requirePassword: "",
  maxClients: 1000,
  timeoutSeconds: 0,
  maxMemoryBytes: 0,
};

/** Starts a worker that listens on a free port; `changes` differ from settings without any limit. */
export async function startServerWorker(
  changes: Partial<ServerSettings> = {},
  transport: ReactorKind = "native",
): Promise<ServerWorker> {
  const shutDown = Promise.withResolvers<void>();
  const { port, host } = await startListeningWorker<
    ServerWorkerInit,
    ToServerWorker,
    FromServerWorker
  >({
    module: new URL("../../server/worker.ts", import.meta.url),
    init: {
      transport,
      runId: "0".repeat(40),
      startedAtMs: Date.now(),
      settings: { ...SETTINGS, ...changes },
      emptyTag: "hash-empty",
      slots: "standalone",
      dir: undefined,
    },
    onMessage: (message) => message.kind === "shutdown" && shutDown.resolve(),
  });
  return {
    port,
    shutDown: shutDown.promise,
    [Symbol.asyncDispose]: async () => {
      if (!await host.close(CLOSE_TIMEOUT_MS)) throw new Error("the server worker did not end");
    },
  };
}
