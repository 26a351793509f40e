/**
 * Reading and writing the topology at the coordinator.
 *
 * Invariant: document *e* is in the history before document *e + 1* can exist, so the history has no
 * gap, whatever crashes when.
 *
 * @module
 */

import type { Coordinator, WaitOptions } from "../coordinator/coordinator.ts";
import { ConflictError, CoordinatorUnavailableError } from "../coordinator/coordinator_error.ts";
import { historyPath, pathsOf } from "../coordinator/paths.ts";
import { type Topology, TopologyError } from "./topology.ts";
import { formatTopology, parseTopology } from "./topology_text.ts";

/** How many earlier documents are kept. */
export const HISTORY_COUNT_MAX = 1000;

const READ_BACK_TRIES_MAX = 5;
const READ_BACK_PAUSE_MS = 200;

/** A topology, and the version to name when it is replaced. */
export interface StoredTopology {
  /** The document. */
  readonly topology: Topology;
  /** The coordinator's version of it. */
  readonly version: number;
}

/** Returns the product's topology as of now; null if the product does not exist. */
export async function loadTopology(
  coordinator: Coordinator,
  product: string,
  options: WaitOptions = {},
): Promise<StoredTopology | null> {
  const node = await coordinator.get(pathsOf(product).topology, { ...options, sync: true });
  return node && { topology: parseTopology(node.data), version: node.version };
}

/**
 * Writes `next` over the document at `version` (null: there is none yet), after keeping that one in the
 * history. If the answer is lost, the document is read back: its `lastChange.id` tells whose it is.
 *
 * @throws {ConflictError} if another document is there; nothing was written.
 * @throws {CoordinatorUnavailableError} if it stays unknown whether `next` was written.
 */
export async function saveTopology(
  coordinator: Coordinator,
  product: string,
  write: { next: Topology; version: number | null; signal?: AbortSignal },
): Promise<StoredTopology> {
  const { next, version } = write;
  const options: WaitOptions = write.signal === undefined ? {} : { signal: write.signal };
  const { topology: path } = pathsOf(product);
  const text = formatTopology(next);
  try {
    if (version === null) {
      const created = await coordinator.createIfAbsent(path, text, options);
      return { topology: next, version: created.version };
    }
    await keepPredecessor(coordinator, product, { ...options, next, version });
    const written = await coordinator.putIfVersion(path, text, { ...options, version });
    return { topology: next, version: written.version };
  } catch (error) {
    if (!(error instanceof CoordinatorUnavailableError && error.outcomeUnknown)) throw error;
    return await readBack(coordinator, product, { ...options, next, version, lost: error });
  }
}

/** Returns the document that had `epoch`; null if it is not (or no longer) in the history. */
export async function loadHistory(
  coordinator: Coordinator,
  product: string,
  at: { epoch: number; signal?: AbortSignal },
): Promise<Topology | null> {
  const options: WaitOptions = at.signal === undefined ? {} : { signal: at.signal };
  const node = await coordinator.get(historyPath(product, at.epoch), options);
  return node && parseTopology(node.data);
}

/** Returns the epochs in the history, ascending. */
export async function listHistory(
  coordinator: Coordinator,
  product: string,
  options: WaitOptions = {},
): Promise<number[]> {
  const names = await coordinator.list(pathsOf(product).history, options);
  return names.map(Number).sort((left, right) => left - right);
}

async function keepPredecessor(
  coordinator: Coordinator,
  product: string,
  write: { next: Topology; version: number } & WaitOptions,
): Promise<void> {
  const { next, version, ...options } = write;
  const path = pathsOf(product).topology;
  const node = await coordinator.get(path, { ...options, sync: true });
  if (node === null || node.version !== version) {
    const actual = node?.version ?? "absent";
    throw new ConflictError(path, { expected: version, actual, owner: null });
  }
  const { epoch } = parseTopology(node.data);
  if (next.epoch !== epoch + 1) {
    throw new TopologyError(`Cannot write topology epoch ${next.epoch}: epoch ${epoch} is there`);
  }
  await keep(coordinator, historyPath(product, epoch), { ...options, data: node.data });
  await forget(coordinator, historyPath(product, epoch - HISTORY_COUNT_MAX), options);
}

async function keep(
  coordinator: Coordinator,
  path: string,
  entry: { data: string } & WaitOptions,
): Promise<void> {
  const { data, ...options } = entry;
  try {
    await coordinator.createIfAbsent(path, data, options);
  } catch (error) {
    // Present: an earlier attempt at the same epoch kept the same document. Unknown: look.
    if (error instanceof ConflictError) return;
    if (!(error instanceof CoordinatorUnavailableError && error.outcomeUnknown)) throw error;
    const found = await coordinator.get(path, { ...options, sync: true });
    if (found === null) await coordinator.createIfAbsent(path, data, options);
  }
}

async function forget(
  coordinator: Coordinator,
  path: string,
  options: WaitOptions,
): Promise<void> {
  try {
    const node = await coordinator.get(path, options);
    if (node !== null) {
      await coordinator.deleteIfVersion(path, { ...options, version: node.version });
    }
  } catch (error) {
    // What could not be forgotten is one document too many, no reason to hold up a change.
    if (error instanceof ConflictError || error instanceof CoordinatorUnavailableError) return;
    throw error;
  }
}

async function readBack(
  coordinator: Coordinator,
  product: string,
  write: { next: Topology; version: number | null; lost: Error } & WaitOptions,
): Promise<StoredTopology> {
  const { next, version, lost, ...options } = write;
  for (let attempt = 1;; attempt++) {
    try {
      const stored = await loadTopology(coordinator, product, options);
      if (stored?.topology.lastChange.id === next.lastChange.id) return stored;
      if ((stored?.version ?? null) === version) throw lost;
      throw new ConflictError(pathsOf(product).topology, {
        expected: version ?? "absent",
        actual: stored?.version ?? "absent",
        owner: null,
      });
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailableError)) throw error;
      if (error === lost || attempt === READ_BACK_TRIES_MAX) throw lost;
    }
    await pause(READ_BACK_PAUSE_MS, options.signal);
  }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, delayMs);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
