/**
 * What stands behind the proxies of a whole-system scene, so that one scene serves every kind of server.
 *
 * @module
 */

import { startServerProgram } from "./programs.ts";
import { type Reply, RespClient } from "./resp_client.ts";

/** A server process; disposing ends it. */
export interface RunningBackend extends AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Process id. */
  readonly pid: number;
}

/** One kind of server. */
export interface SlotBackend {
  /** What it is called. */
  readonly name: string;
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
  name: "codis-server",
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
