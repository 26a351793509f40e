/**
 * What stands behind the proxies of a whole-system scene, so that one scene serves every kind of server.
 *
 * @module
 */

import { startServerProgram } from "./programs.ts";
import { startRedisServer } from "./redis_server.ts";
import { type Reply, RespClient } from "./resp_client.ts";

/** A server process; disposing ends it. */
export interface RunningBackend extends AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
}

/** One kind of server. */
export interface SlotBackend {
  /** The kind of its group, as the REST API names it. */
  readonly kind: "codis-server" | "stock";
  /** Starts one that has no keys and no slots. */
  start(): Promise<RunningBackend>;
  /** Keys that the server at `port` has, those hidden from clients included. */
  keysAt(port: number): Promise<number>;
  /** Limits what moves away from the server at `port` may take. */
  throttle(port: number, limits: { bytesPerSecond: number }): Promise<void>;
}

const KEYS_PER_MESSAGE = 16;

/** Our own server. */
export const CODIS_SERVER: SlotBackend = {
  kind: "codis-server",
  start: () => startServerProgram(["--slots", "managed"]),
  async keysAt(port) {
    await using client = await RespClient.connect({ port });
    const rows = (await client.send("SLOTSRECEIPT", 0, "0-1023") as Reply[]).slice(2);
    return rows.reduce((sum: number, row) => sum + Number(String(row).split(" ")[3]), 0);
  },
  async throttle(port, { bytesPerSecond }) {
    await using client = await RespClient.connect({ port });
    await client.send("SLOTSTHROTTLE", bytesPerSecond, KEYS_PER_MESSAGE);
  },
};

/** Real `redis-server`s, which know nothing of slots. */
export const REDIS_SERVER: SlotBackend = {
  kind: "stock",
  start: () => startRedisServer(),
  async keysAt(port) {
    await using client = await RespClient.connect({ port });
    return Number(await client.send("DBSIZE"));
  },
  // There is nothing that could be told to go slowly.
  throttle: () => Promise.resolve(),
};
