/**
 * A codis-server: the main thread's side of one server.
 *
 * @module
 */

import { randomHex } from "../core/boot_id.ts";
import type { EmptyTag } from "../core/slots.ts";
import { bestTransport } from "../core/transport/choose_transport.ts";
import type { ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import { WorkerHost } from "../core/worker_host.ts";
import type { ServerSettings } from "./server_state.ts";
import type { FromServerWorker, ServerWorkerInit, ToServerWorker } from "./worker_messages.ts";

/** Options of {@linkcode startServer}. */
export interface ServerOptions {
  /** What `{}` in a key means. */
  readonly emptyTag: EmptyTag;
  /** Whether it serves slots before a manager told it to. */
  readonly slots: "standalone" | "managed";
  /** Where fences are kept; undefined: in memory only. */
  readonly dir: string | undefined;
  /** Where clients connect. */
  readonly listen: SocketAddress;
  /**
   * How sockets are used.
   * @default native where it can be, else portable
   */
  readonly transport?: ReactorKind;
  /** What CONFIG can change later. */
  readonly settings: Partial<ServerSettings>;
  /** The worker died. */
  readonly onFailure: (error: string) => void;
  /** A client sent SHUTDOWN. */
  readonly onShutdown: () => void;
}

/** A running server. */
export interface Server {
  /** Where clients connect. */
  readonly address: SocketAddress;
  /** Lets clients go once their replies are sent, for at most `drainMs`. False if cut short. */
  close(drainMs: number): Promise<boolean>;
}

const SETTINGS: ServerSettings = {
  requirePassword: "",
  maxClients: 10_000,
  timeoutSeconds: 0,
  maxMemoryBytes: 0,
};
const RUN_ID_DIGITS = 40;
const WORKER_CLOSE_MS = 5000;

type Host = WorkerHost<ServerWorkerInit, ToServerWorker, FromServerWorker>;

/**
 * Starts a server and resolves when it accepts clients.
 *
 * @throws {Error} if the port is taken, naming the address.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { listen, settings, onFailure, onShutdown, ...plane } = options;
  if (options.dir !== undefined) await Deno.mkdir(options.dir, { recursive: true });
  const listening = Promise.withResolvers<SocketAddress>();
  const drained = Promise.withResolvers<void>();
  const host: Host = await WorkerHost.start({
    module: new URL("./worker.ts", import.meta.url),
    name: "server",
    init: {
      ...plane,
      transport: options.transport ?? bestTransport(),
      runId: randomHex(RUN_ID_DIGITS),
      startedAtMs: Date.now(),
      settings: { ...SETTINGS, ...settings },
    },
    onMessage: (message: FromServerWorker) => {
      if (message.kind === "listening") listening.resolve(message.address);
      else if (message.kind === "listen-failed") listening.reject(new Error(message.error));
      else if (message.kind === "drained") drained.resolve();
      else onShutdown();
    },
    onDeath: (error) => {
      listening.reject(new Error(error));
      onFailure(error);
    },
  });
  host.post({ kind: "listen", listen });
  try {
    return {
      address: await listening.promise,
      close: (drainMs) => close(host, drained.promise, drainMs),
    };
  } catch (error) {
    await host.close(WORKER_CLOSE_MS);
    throw error;
  }
}

async function close(host: Host, drained: Promise<void>, drainMs: number): Promise<boolean> {
  if (drainMs > 0) {
    host.post({ kind: "drain" });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, drainMs);
    await Promise.race([drained, late.promise]);
    clearTimeout(timer);
  }
  return await host.close(WORKER_CLOSE_MS);
}
