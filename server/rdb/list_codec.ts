/**
 * Lists in the RDB format.
 *
 * @module
 */

import type { Records } from "../keyspace/record.ts";
import { EntryImage } from "../values/entry_image.ts";
import { nodeCountOf, nodeOf } from "../values/list_directory.ts";
import {
  isListpack,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackBytes,
  listpackCount,
  writeListpackHeader,
} from "../values/listpack.ts";
import { headerOf } from "../values/spread_value.ts";
import { LIST, PACKED } from "../values/value_tags.ts";
import { loadBuilt, readCount } from "./load_value.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { RdbOutput } from "./rdb_output.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";
import type { Database } from "../keyspace/database.ts";

const RDB_TYPE_LIST = 1;
const RDB_TYPE_LIST_QUICKLIST_2 = 18;
/** A node that is one string. */
const CONTAINER_PLAIN = 1;
/** A node that is a listpack. */
const CONTAINER_PACKED = 2;

/** Writes and reads lists. */
export const LIST_CODEC: ValueCodec = {
  type: LIST,
  rdbTypes: [RDB_TYPE_LIST, RDB_TYPE_LIST_QUICKLIST_2],
  save(records, ref, output) {
    output.byte(RDB_TYPE_LIST_QUICKLIST_2);
    if (records.encoding(ref) === PACKED) {
      output.size(1);
      return saveNode(records.bytes(ref), records.valueStart(ref), output);
    }
    const header = headerOf(records, ref);
    const nodes = nodeCountOf(records, header);
    output.size(nodes);
    for (let i = 0; i < nodes; i++) saveCell(records, nodeOf(records, header, i), output);
  },
  load(input, rdbType, database, expireAtMs) {
    return loadBuilt(
      database,
      expireAtMs,
      (scratch) =>
        rdbType === RDB_TYPE_LIST ? buildElements(input, scratch) : buildNodes(input, scratch),
    );
  },
};

function saveCell(records: Records, cell: number, output: RdbOutput): void {
  saveNode(records.bytes(cell), records.wordOf(cell) * 4, output);
}

function saveNode(bytes: Uint8Array, start: number, output: RdbOutput): void {
  output.size(CONTAINER_PACKED);
  output.string(bytes, start, start + listpackBytes(bytes, start));
}

function buildElements(input: RdbInput, scratch: Database): number {
  const { lists } = scratch.values;
  lists.open(scratch, 0);
  const count = readCount(input, 1);
  for (let i = 0; i < count; i++) {
    if (!input.string()) return BAD_VALUE;
    lists.push(input.text, input.textStart, input.textEnd, false);
  }
  return count > 0 ? lists.ref : BAD_VALUE;
}

function buildNodes(input: RdbInput, scratch: Database): number {
  const { lists } = scratch.values;
  lists.open(scratch, 0);
  const count = readCount(input, 2);
  for (let i = 0; i < count; i++) {
    const container = input.size();
    if (!input.string()) return BAD_VALUE;
    const { text, textStart, textEnd } = input;
    if (container === CONTAINER_PLAIN) {
      const node = listpackOf(text, textStart, textEnd);
      lists.appendNode(node, 0, node.length, 1);
      continue;
    }
    if (container !== CONTAINER_PACKED || !isListpack(text, textStart, textEnd)) return BAD_VALUE;
    const elements = listpackCount(text, textStart);
    if (elements > 0) lists.appendNode(text, textStart, textEnd, elements);
  }
  return lists.count > 0 ? lists.ref : BAD_VALUE;
}

function listpackOf(text: Uint8Array, start: number, end: number): Uint8Array {
  const image = new EntryImage();
  image.set(text, start, end);
  const node = new Uint8Array(LISTPACK_EMPTY_BYTES + image.size);
  writeListpackHeader(node, 0, node.length, 1);
  image.write(node, LISTPACK_HEADER_BYTES);
  node[node.length - 1] = LISTPACK_END;
  return node;
}
