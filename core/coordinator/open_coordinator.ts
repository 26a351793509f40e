/**
 * From the address a user writes to a coordinator.
 *
 * @module
 */

import type { CoordinatorSource } from "./coordinator.ts";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import { EmbeddedCoordinator } from "./embedded_coordinator.ts";
import { MemoryCoordinator } from "./memory_coordinator.ts";
import { isZookeeperAddress } from "./zookeeper_address.ts";

const SUPPORTED = `"memory:", "embedded:DIRECTORY" and "zk://HOST:PORT,HOST:PORT/CHROOT"`;

/**
 * Opens the coordinator at `url`: `memory:` (gone with the process), `embedded:DIRECTORY` (durable, one
 * machine) or `zk://HOST:PORT,HOST:PORT/CHROOT` (a ZooKeeper ensemble; credentials, if it wants any, are
 * `user:password` in the environment variable `CODIS_ZOOKEEPER_AUTH`).
 *
 * @throws {CoordinatorOpenError} if the address names none, or it cannot be opened.
 */
export async function openCoordinator(url: string): Promise<CoordinatorSource> {
  if (url === "memory:") return new MemoryCoordinator();
  if (url.startsWith("embedded:")) {
    const directory = url.slice("embedded:".length);
    if (directory !== "") return await EmbeddedCoordinator.open(directory);
  }
  if (isZookeeperAddress(url)) {
    const { ZookeeperCoordinator } = await import("./zookeeper_coordinator.ts");
    return new ZookeeperCoordinator(url, Deno.env.get("CODIS_ZOOKEEPER_AUTH") || undefined);
  }
  throw new CoordinatorOpenError(
    `Cannot open the coordinator "${url}": want one of ${SUPPORTED}`,
  );
}
