/**
 * What a server says of itself in INFO, asked again and again on one connection.
 *
 * Invariant: an answer that is missing or late is `null`, never the one before.
 *
 * @module
 */

import { parseAddress } from "../core/address.ts";
import { ControlClient, ControlConnectionError, type Credentials } from "../core/control_client.ts";

/** How long a server may take to answer, milliseconds. */
const TIMEOUT_MS = 1000;

/** A server's own numbers. */
export interface ServerStats {
  /** Of the Redis it is, or is compatible with. */
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly clients: number;
  readonly opsPerSecond: number;
  /** In all its databases. */
  readonly keys: number;
  readonly memoryBytes: number;
  /** Null: no limit. */
  readonly memoryBytesMax: number | null;
}

/** Reads the text of INFO; fields that are missing count as 0. */
export function readServerStats(text: string): ServerStats {
  const fields = new Map(
    text.split(/\r?\n/).filter((line) => line.includes(":")).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  const number = (name: string) => Number(fields.get(name)) || 0;
  let keys = 0;
  for (const [name, value] of fields) {
    if (/^db\d+$/.test(name)) keys += Number(/keys=(\d+)/.exec(value)?.[1] ?? 0);
  }
  return {
    version: fields.get("redis_version") ?? "",
    uptimeSeconds: number("uptime_in_seconds"),
    clients: number("connected_clients"),
    opsPerSecond: number("instantaneous_ops_per_sec"),
    keys,
    memoryBytes: number("used_memory"),
    memoryBytesMax: number("maxmemory") || null,
  };
}

/** Asks one server. */
export class ServerProbe implements Disposable {
  readonly #addr: string;
  readonly #credentials: Credentials | undefined;
  #client: ControlClient | null = null;

  constructor(addr: string, credentials: Credentials | undefined) {
    this.#addr = addr;
    this.#credentials = credentials;
  }

  /** Returns what the server says now; null if it does not, within a second. */
  async ask(signal: AbortSignal): Promise<ServerStats | null> {
    try {
      if (this.#client === null || this.#client.closed) {
        this.#client = await ControlClient.connect(parseAddress(this.#addr), {
          credentials: this.#credentials,
          connectTimeoutMs: TIMEOUT_MS,
          replyTimeoutMs: TIMEOUT_MS,
          signal,
        });
      }
      const reply = await this.#client.call(["INFO"], signal);
      if (reply instanceof Uint8Array) return readServerStats(new TextDecoder().decode(reply));
      return typeof reply === "string" ? readServerStats(reply) : null;
    } catch (error) {
      signal.throwIfAborted();
      // Not being reachable is a finding, and shown as such.
      if (error instanceof ControlConnectionError) return null;
      throw error;
    }
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#client?.close();
  }
}
