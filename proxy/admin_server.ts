/**
 * The proxy's HTTP port for operators: what it is, and whether it is well.
 *
 * @module
 */

import { Hono } from "hono";
import { listenOn } from "../core/listen_on.ts";
import type { SocketAddress } from "../core/transport/reactor.ts";

/** A running admin port. */
export interface AdminServer {
  /** Where it listens. */
  readonly address: SocketAddress;
  /** Stops it. */
  close(): Promise<void>;
}

/** The routes; `status` describes the proxy now. */
export function adminApp(status: () => Promise<object>): Hono {
  const app = new Hono();
  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/status", async (c) => c.json(await status()));
  app.notFound((c) =>
    c.json({
      error: { code: "not-found", message: `nothing is at ${c.req.path}`, hint: "/status" },
    }, 404)
  );
  return app;
}

/** Listens on `address`. @throws {Deno.errors.AddrInUse} if the port is taken. */
export function startAdminServer(
  address: SocketAddress,
  status: () => Promise<object>,
): Promise<AdminServer> {
  const options = { hostname: address.host, port: address.port, onListen: () => {} };
  const server = listenOn(address, () => Deno.serve(options, adminApp(status).fetch));
  const { hostname, port } = server.addr;
  return Promise.resolve({
    address: { host: hostname, port },
    close: () => server.shutdown(),
  });
}
