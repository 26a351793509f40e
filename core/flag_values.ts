/**
 * Values of flags that several programs take, checked before anything starts.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import { type ParsedFlags, UsageError } from "./command_line.ts";
import { isZookeeperAddress, parseZookeeperAddress } from "./coordinator/zookeeper_address.ts";
import type { SocketAddress } from "./transport/reactor.ts";

/** The address that flag `name` gives. @throws {UsageError} if it is none. */
export function addressFlag(flags: ParsedFlags, name: string): SocketAddress {
  try {
    return parseAddress(flags.required(name));
  } catch (error) {
    throw new UsageError(`--${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The coordinator that `--coordinator` names.
 *
 * @throws {UsageError} if it is none, or `memory:`, which no other process could see.
 */
export function coordinatorFlag(flags: ParsedFlags): string {
  const url = flags.required("coordinator");
  if (url === "memory:") {
    throw new UsageError(
      "--coordinator memory: would be seen by this process alone: " +
        "use embedded:DIRECTORY, or `start --memory` for everything in one process",
    );
  }
  if (isZookeeperAddress(url)) requireZookeeperAddress(url);
  else if (!/^(embedded:|http:\/\/)./.test(url)) {
    throw new UsageError(
      `--coordinator is "${url}": wanted embedded:DIRECTORY, http://HOST:PORT of a manager or ` +
        "zk://HOST:PORT,HOST:PORT/CHROOT",
    );
  }
  return url;
}

function requireZookeeperAddress(url: string): void {
  try {
    parseZookeeperAddress(url);
  } catch (error) {
    throw new UsageError(`--coordinator: ${(error as Error).message}`);
  }
}

/** The product that `--product` names. @throws {UsageError} if it cannot be one path segment. */
export function productFlag(flags: ParsedFlags): string {
  const product = flags.required("product");
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(product) || /^\.+$/.test(product)) {
    throw new UsageError(`--product is "${product}": wanted 1 to 128 of A-Z a-z 0-9 _ . -`);
  }
  return product;
}
