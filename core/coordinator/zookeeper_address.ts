/**
 * The address of a ZooKeeper ensemble: `zk://h1:2181,h2:2181/chroot?session-timeout-ms=10000`.
 *
 * Read by ourselves, because the client library takes bad ports down with the process and cannot read
 * IPv6 addresses.
 *
 * @module
 */

import { CoordinatorOpenError } from "./coordinator_error.ts";
import { checkedPath } from "./node_rules.ts";

/** A member of an ensemble. */
export interface ZookeeperServer {
  /** Name or number, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where an ensemble is, and what a session with it shall be like. */
export interface ZookeeperAddress {
  /** Its members, at least one. */
  readonly servers: readonly ZookeeperServer[];
  /** The node under which everything lies; empty: the root. */
  readonly chroot: string;
  /** How long the ensemble waits for a silent session; it may grant another time. */
  readonly sessionTimeoutMs: number;
}

const PORT_DEFAULT = 2181;
const SESSION_TIMEOUT_DEFAULT_MS = 10_000;
const SESSION_TIMEOUT_MS = { min: 1000, max: 60_000 };
const FORM = "zk://HOST:PORT,HOST:PORT/CHROOT";

/** Whether an address is meant for ZooKeeper. */
export function isZookeeperAddress(url: string): boolean {
  return url.startsWith("zk:");
}

/** Reads an address. @throws {CoordinatorOpenError} naming what is wrong with it. */
export function parseZookeeperAddress(url: string): ZookeeperAddress {
  const [, hosts, path = "", query] = /^zk:\/\/([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(url) ?? [];
  if (hosts === undefined) throw badAddress(url, "it does not begin with zk://");
  return {
    servers: hosts.split(",").map((member) => serverOf(url, member.trim())),
    chroot: path === "" || path === "/" ? "" : chrootOf(url, path),
    sessionTimeoutMs: query === undefined
      ? SESSION_TIMEOUT_DEFAULT_MS
      : sessionTimeoutOf(url, query),
  };
}

function serverOf(url: string, text: string): ZookeeperServer {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw badAddress(url, `"${text}" is no HOST:PORT`);
  const port = Number(match?.[3] ?? PORT_DEFAULT);
  if (port === 0 || port > 65535) throw badAddress(url, `"${text}" has no port from 1 to 65535`);
  return { host, port };
}

function chrootOf(url: string, path: string): string {
  try {
    return checkedPath(path);
  } catch {
    throw badAddress(url, `"${path}" cannot be a chroot`);
  }
}

function sessionTimeoutOf(url: string, query: string): number {
  const { min, max } = SESSION_TIMEOUT_MS;
  const timeoutMs = Number(/^session-timeout-ms=(\d{1,6})$/.exec(query)?.[1]);
  if (timeoutMs >= min && timeoutMs <= max) return timeoutMs;
  throw badAddress(url, `"?${query}" is not ?session-timeout-ms=N with N from ${min} to ${max}`);
}

function badAddress(url: string, problem: string): CoordinatorOpenError {
  return new CoordinatorOpenError(`Cannot open the coordinator "${url}": ${problem}; want ${FORM}`);
}
