/**
 * Listening through the runtime, with errors that say where.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import type { SocketAddress } from "./transport/reactor.ts";

/**
 * Returns what `listen` returns, which is to listen on `address`: the runtime's own error names no
 * address.
 *
 * @throws {Deno.errors.AddrInUse} if the port is taken, naming the address.
 */
export function listenOn<T>(address: SocketAddress, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Deno.errors.AddrInUse(
      `cannot listen on ${formatAddress(address)}: another program uses it; ` +
        "stop that program or choose another port",
    );
  }
}
