/**
 * From the address a user writes to a coordinator.
 *
 * @module
 */

import type { CoordinatorSource } from "./coordinator.ts";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import { EmbeddedCoordinator } from "./embedded_coordinator.ts";
import { MemoryCoordinator } from "./memory_coordinator.ts";

const SUPPORTED = `"memory:" and "embedded:DIRECTORY"`;

/**
 * Opens the coordinator at `url`: `memory:` (gone with the process) or `embedded:DIRECTORY` (durable,
 * one machine).
 *
 * @throws {CoordinatorOpenError} if the address names none, or it cannot be opened.
 */
export async function openCoordinator(url: string): Promise<CoordinatorSource> {
  if (url === "memory:") return new MemoryCoordinator();
  if (url.startsWith("embedded:")) {
    const directory = url.slice("embedded:".length);
    if (directory !== "") return await EmbeddedCoordinator.open(directory);
  }
  throw new CoordinatorOpenError(
    `Cannot open the coordinator "${url}": want one of ${SUPPORTED}`,
  );
}
