/**
 * All handlers of the server, by command id.
 *
 * @module
 */

import { commandId, COMMANDS } from "../core/commands/table.ts";
import { CommandError, type Handler, type Handlers } from "./call.ts";
import { BIT_OPERATION_HANDLERS } from "./commands/bit_operations.ts";
import { BITFIELD_HANDLERS } from "./commands/bitfields.ts";
import { BITMAP_HANDLERS } from "./commands/bitmaps.ts";
import { BLOCKING_LIST_HANDLERS } from "./commands/blocking_lists.ts";
import { BLOCKING_SORTED_SET_HANDLERS } from "./commands/blocking_sorted_sets.ts";
import { CLIENT_HANDLERS } from "./commands/client.ts";
import { COMMAND_HANDLERS } from "./commands/command.ts";
import { CONFIG_HANDLERS } from "./commands/config.ts";
import { CONNECTION_HANDLERS } from "./commands/connection.ts";
import { DATABASE_HANDLERS } from "./commands/databases.ts";
import { DUMP_HANDLERS } from "./commands/dump.ts";
import { EXPIRY_HANDLERS } from "./commands/expiry.ts";
import { GEO_HANDLERS } from "./commands/geo.ts";
import { GEO_SEARCH_HANDLERS } from "./commands/geo_search.ts";
import { HASH_WALK_HANDLERS } from "./commands/hash_walks.ts";
import { HASH_HANDLERS } from "./commands/hashes.ts";
import { HYPERLOGLOG_HANDLERS } from "./commands/hyperloglogs.ts";
import { INFO_HANDLERS } from "./commands/info.ts";
import { KEY_HANDLERS } from "./commands/keys.ts";
import { LIST_ELEMENT_HANDLERS } from "./commands/list_elements.ts";
import { LIST_HANDLERS } from "./commands/lists.ts";
import { OBJECT_HANDLERS } from "./commands/object.ts";
import { SCAN_HANDLERS } from "./commands/scan.ts";
import { SERVER_HANDLERS } from "./commands/server.ts";
import { SET_ALGEBRA_HANDLERS } from "./commands/set_algebra.ts";
import { SET_HANDLERS } from "./commands/sets.ts";
import { SLOTS_HANDLERS } from "./commands/slots.ts";
import { SLOW_LOG_HANDLERS } from "./commands/slow_log.ts";
import { SORT_HANDLERS } from "./commands/sort.ts";
import { SORTED_SET_ALGEBRA_HANDLERS } from "./commands/sorted_set_algebra.ts";
import { SORTED_SET_RANGE_HANDLERS } from "./commands/sorted_set_ranges.ts";
import { SORTED_SET_WALK_HANDLERS } from "./commands/sorted_set_walks.ts";
import { SORTED_SET_HANDLERS } from "./commands/sorted_sets.ts";
import { STRING_COUNTER_HANDLERS } from "./commands/string_counters.ts";
import { STRING_LCS_HANDLERS } from "./commands/string_lcs.ts";
import { STRING_RANGE_HANDLERS } from "./commands/string_ranges.ts";
import { STRING_HANDLERS } from "./commands/strings.ts";
import { TRANSACTION_HANDLERS } from "./commands/transactions.ts";
import { SLOT_PROTOCOL_HANDLERS } from "./slots/slot_commands.ts";

const FAMILIES: readonly Handlers[] = [
  BIT_OPERATION_HANDLERS,
  BITFIELD_HANDLERS,
  BITMAP_HANDLERS,
  BLOCKING_LIST_HANDLERS,
  BLOCKING_SORTED_SET_HANDLERS,
  CLIENT_HANDLERS,
  COMMAND_HANDLERS,
  CONFIG_HANDLERS,
  CONNECTION_HANDLERS,
  DATABASE_HANDLERS,
  DUMP_HANDLERS,
  EXPIRY_HANDLERS,
  GEO_HANDLERS,
  GEO_SEARCH_HANDLERS,
  HASH_HANDLERS,
  HASH_WALK_HANDLERS,
  HYPERLOGLOG_HANDLERS,
  INFO_HANDLERS,
  KEY_HANDLERS,
  LIST_ELEMENT_HANDLERS,
  LIST_HANDLERS,
  OBJECT_HANDLERS,
  SCAN_HANDLERS,
  SERVER_HANDLERS,
  SET_ALGEBRA_HANDLERS,
  SET_HANDLERS,
  SLOTS_HANDLERS,
  SLOW_LOG_HANDLERS,
  SLOT_PROTOCOL_HANDLERS,
  SORT_HANDLERS,
  SORTED_SET_ALGEBRA_HANDLERS,
  SORTED_SET_RANGE_HANDLERS,
  SORTED_SET_WALK_HANDLERS,
  SORTED_SET_HANDLERS,
  STRING_COUNTER_HANDLERS,
  STRING_LCS_HANDLERS,
  STRING_RANGE_HANDLERS,
  STRING_HANDLERS,
  TRANSACTION_HANDLERS,
];

/** Handlers by command id; undefined where the server does not serve a command. */
export function handlersById(): (Handler | undefined)[] {
  const handlers = new Array<Handler | undefined>(COMMANDS.length).fill(undefined);
  for (const family of FAMILIES) {
    for (const [name, handler] of Object.entries(family)) handlers[commandId(name)] = handler;
  }
  // A container is served where one of its subcommands is; alone it has too few arguments.
  for (const { id, parentId } of COMMANDS) {
    if (parentId >= 0 && handlers[id] !== undefined) handlers[parentId] ??= refuseAlone;
  }
  return handlers;
}

function refuseAlone(): void {
  throw new CommandError("ERR wrong number of arguments");
}
