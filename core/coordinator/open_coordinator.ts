/**
 * From the address a user writes to a coordinator.
 *
 * @module
 */

import type { CoordinatorSource } from "./coordinator.ts";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import { EmbeddedCoordinator } from "./embedded_coordinator.ts";
import { HttpCoordinator } from "./http_coordinator.ts";
import { MemoryCoordinator } from "./memory_coordinator.ts";
import { isZookeeperAddress } from "./zookeeper_address.ts";

const SUPPORTED = `"memory:", "embedded:DIRECTORY", "http://HOST:PORT" and ` +
  `"zk://HOST:PORT,HOST:PORT/CHROOT"`;

/** How a coordinator is entered. */
export interface OpenOptions {
  /** What a manager that serves its coordinator wants to be brought. */
  readonly token?: string | undefined;
}

/**
 * Opens the coordinator at `url`: `memory:` (gone with the process), `embedded:DIRECTORY` (durable,
 * one machine), `http://HOST:PORT` (a manager that serves its own; further ones behind commas) or
 * `zk://HOST:PORT,HOST:PORT/CHROOT` (a ZooKeeper ensemble; credentials, if it wants any, are
 * `user:password` in the environment variable `CODIS_ZOOKEEPER_AUTH`).
 *
 * @throws {CoordinatorOpenError} if the address names none, or it cannot be opened.
 */
export async function openCoordinator(
  url: string,
  options: OpenOptions = {},
): Promise<CoordinatorSource> {
  if (url === "memory:") return new MemoryCoordinator();
  if (url.startsWith("embedded:")) {
    const directory = url.slice("embedded:".length);
    if (directory !== "") return await EmbeddedCoordinator.open(directory);
  }
  if (url.startsWith("http:")) return new HttpCoordinator(url, options);
  if (isZookeeperAddress(url)) {
    const { ZookeeperCoordinator } = await import("./zookeeper_coordinator.ts");
    return new ZookeeperCoordinator(url, Deno.env.get("CODIS_ZOOKEEPER_AUTH") || undefined);
  }
  throw new CoordinatorOpenError(
    `Cannot open the coordinator "${url}": want one of ${SUPPORTED}`,
  );
}
