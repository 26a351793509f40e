/**
 * Who may listen where: without a password only on this machine.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import { UsageError } from "./command_line.ts";
import type { SocketAddress } from "./transport/reactor.ts";

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

/**
 * Refuses to open a port to others without a password.
 *
 * @throws {UsageError} saying which flags help.
 */
export function requireProtection(
  address: SocketAddress,
  options: { password: string; protectedMode: boolean },
): void {
  if (isLoopback(address.host) || options.password !== "" || !options.protectedMode) return;
  throw new UsageError(
    `listening on ${formatAddress(address)} would let anyone in: ` +
      "set --requirepass, or listen on 127.0.0.1, or say --protected-mode no",
  );
}
