/**
 * New nodes of lists: a cell with one listpack.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { EntryImage } from "./entry_image.ts";
import {
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  writeListpackHeader,
} from "./listpack.ts";
import type { ValueMemory } from "./value_memory.ts";

/** A node with one element. @throws {OutOfMemory} */
export function nodeOfElement(memory: ValueMemory, image: EntryImage): number {
  const node = createNode(memory, image.size, 1);
  image.write(memory.bytes(node), memory.wordOf(node) * 4 + LISTPACK_HEADER_BYTES);
  return node;
}

/** A node with the entries `bytes[start, end)`, which are so many elements. @throws {OutOfMemory} */
export function nodeOfEntries(
  memory: ValueMemory,
  bytes: Uint8Array,
  start: number,
  end: number,
  elements: number,
): number {
  const node = createNode(memory, end - start, elements);
  const at = memory.wordOf(node) * 4 + LISTPACK_HEADER_BYTES;
  copyBytes(memory.bytes(node), at, bytes, start, end);
  return node;
}

function createNode(memory: ValueMemory, entryBytes: number, elements: number): number {
  const length = LISTPACK_EMPTY_BYTES + entryBytes;
  const node = memory.allocate(length);
  const bytes = memory.bytes(node);
  const start = memory.wordOf(node) * 4;
  writeListpackHeader(bytes, start, length, elements);
  bytes[start + length - 1] = LISTPACK_END;
  return node;
}
