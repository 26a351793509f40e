/**
 * Nodes in a map; they are gone with the process.
 *
 * @module
 */

import type { CoordinatorNode } from "./coordinator.ts";
import type { GuestRecord, NodeStore } from "./node_store.ts";

/** A {@linkcode NodeStore} for tests. */
export class MemoryNodeStore implements NodeStore {
  readonly #nodes = new Map<string, CoordinatorNode>();
  readonly #guests = new Map<string, GuestRecord>();

  read(path: string): CoordinatorNode | null {
    return this.#nodes.get(path) ?? null;
  }

  insert(path: string, data: string, owner: string | null): boolean {
    if (this.#nodes.has(path)) return false;
    this.#nodes.set(path, { path, data, version: 0, owner });
    return true;
  }

  update(path: string, data: string, version: number): boolean {
    const node = this.#nodes.get(path);
    if (node?.version !== version) return false;
    this.#nodes.set(path, { ...node, data, version: version + 1 });
    return true;
  }

  remove(path: string, version: number): boolean {
    if (this.#nodes.get(path)?.version !== version) return false;
    return this.#nodes.delete(path);
  }

  childrenOf(path: string): string[] {
    const names = new Set<string>();
    for (const other of this.#nodes.keys()) {
      if (other.startsWith(`${path}/`)) names.add(other.slice(path.length + 1).split("/")[0]!);
    }
    return [...names].sort();
  }

  ownedBy(owner: string): CoordinatorNode[] {
    return [...this.#nodes.values()].filter((node) => node.owner === owner);
  }

  keepGuest(guest: GuestRecord): void {
    this.#guests.set(guest.id, guest);
  }

  forgetGuest(id: string): void {
    this.#guests.delete(id);
  }

  guests(): GuestRecord[] {
    return [...this.#guests.values()];
  }

  close(): void {
    this.#nodes.clear();
  }
}
