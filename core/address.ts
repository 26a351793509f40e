/**
 * Addresses as text: `host:port`, with IPv6 hosts in brackets.
 *
 * @module
 */

import type { SocketAddress } from "./transport/reactor.ts";

/**
 * Reads `host:port`. A missing host (`:6379`) is 127.0.0.1.
 *
 * @throws {RangeError} if the text is not an address, naming it.
 */
export function parseAddress(text: string): SocketAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new RangeError(`Cannot read address "${text}": wanted HOST:PORT, as 127.0.0.1:6379`);
  }
  const host = match[1] ?? match[2]!;
  return { host: numericHost(host), port };
}

/** Nothing and `localhost` mean this machine, by an address that needs no look-up. */
export function numericHost(host: string): string {
  return host === "" || host === "localhost" ? "127.0.0.1" : host;
}

/** Writes an address so that {@linkcode parseAddress} reads it. */
export function formatAddress(address: SocketAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
