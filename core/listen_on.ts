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
 * @throws {Deno.errors.AddrNotAvailable} if this machine does not have the address, naming it.
 * @throws {Deno.errors.PermissionDenied} if the system reserves the port, naming the address.
 */
export function listenOn<T>(address: SocketAddress, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    const tried = `cannot listen on ${formatAddress(address)}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Deno.errors.AddrInUse(
        `${tried}: another program uses it; stop that program or choose another port`,
      );
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw new Deno.errors.AddrNotAvailable(`${tried}: this machine does not have that address`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Deno.errors.PermissionDenied(
        `${tried}: the system reserves this port; choose one above 1023`,
      );
    }
    throw error;
  }
}
