/**
 * Which transport the data planes of this process use.
 *
 * It is chosen once, on the main thread, before any worker starts, so that a missing permission shows
 * as a choice and neither as a crash of a worker nor as a question at the terminal.
 *
 * @module
 */
import { UsageError } from "../command_line.ts";
import type { Log } from "../log.ts";
import { libcObstacle } from "./libc.ts";
import type { ReactorKind } from "./reactor.ts";

/** What the flag `--transport` can be. */
export const TRANSPORTS = ["auto", "native", "portable"] as const;

/** The flag `--transport`. */
export const TRANSPORT_FLAG = {
  value: "NAME",
  help: "auto, native (Linux and --allow-ffi) or portable",
  default: "auto",
};

/** What `auto` means here: native where it can be. */
export function bestTransport(): ReactorKind {
  return libcObstacle() === undefined ? "native" : "portable";
}

/**
 * The transport that was wanted, or the best one, and a line in the log that says which it is and why.
 *
 * @throws {UsageError} if native was wanted and cannot be, saying what is missing.
 */
export function chooseTransport(wanted: typeof TRANSPORTS[number], log: Log): ReactorKind {
  const obstacle = wanted === "portable" ? undefined : libcObstacle();
  if (wanted === "native" && obstacle !== undefined) {
    throw new UsageError(`--transport native cannot be had: ${obstacle}; use auto or portable`);
  }
  const transport = wanted === "portable" || obstacle !== undefined ? "portable" : "native";
  log.info("transport", { transport, reason: obstacle });
  return transport;
}

/**
 * Refuses what the transport cannot do: several threads on one port.
 *
 * @throws {UsageError} if there are several workers, and the system would give all clients to one.
 */
export function requireSharedPort(transport: ReactorKind, workers: number): void {
  if (workers === 1 || transport === "native" || Deno.build.os === "linux") return;
  throw new UsageError(
    `--workers ${workers} cannot share one port with the portable transport on ${Deno.build.os}: ` +
      "use --workers 1, or several proxies on ports of their own",
  );
}
