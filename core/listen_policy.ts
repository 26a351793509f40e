/**
 * Who may listen where: without a password only on this machine.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import { type FlagTable, type ParsedFlags, UsageError } from "./command_line.ts";
import type { SocketAddress } from "./transport/reactor.ts";

/** The flags by which a program that listens is protected. */
export const PROTECTION_FLAGS: FlagTable = {
  requirepass: {
    value: "PASSWORD",
    help: "what clients must send with AUTH",
    environment: "CODIS_PASSWORD",
    default: "",
  },
  "protected-mode": { value: "yes|no", help: "refuse others without a password", default: "yes" },
};

/** How a program protects what it listens on. */
export interface Protection {
  /** What clients must send with AUTH; empty: nothing. */
  readonly password: string;
  /** Without a password only this machine is let in. */
  readonly protectedMode: boolean;
}

/**
 * Reads {@linkcode PROTECTION_FLAGS} of a program that is to listen on `address`.
 *
 * @throws {UsageError} as {@linkcode requireProtection}.
 */
export function protectionOf(flags: ParsedFlags, address: SocketAddress): Protection {
  const protection = {
    password: flags.required("requirepass"),
    protectedMode: flags.choice("protected-mode", ["yes", "no"]) === "yes",
  };
  requireProtection(address, protection);
  return protection;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

/**
 * Refuses to open a port to others without a password.
 *
 * @throws {UsageError} saying which flags help.
 */
export function requireProtection(address: SocketAddress, options: Protection): void {
  if (isLoopback(address.host) || options.password !== "" || !options.protectedMode) return;
  throw new UsageError(
    `listening on ${formatAddress(address)} would let anyone in: ` +
      "set --requirepass, or listen on 127.0.0.1, or say --protected-mode no",
  );
}
