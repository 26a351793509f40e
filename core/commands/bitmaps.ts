/**
 * The command table: the commands on strings as bits.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys } from "./key_specification.ts";

/** Group `bitmap`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const BITMAP_COMMANDS = {
  bitcount: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.6.0", summary: "Count set bits in a string" },
  bitfield: { arity: -2, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update variable_flags", "This command allows both access and modification of the key")],
    since: "3.2.0", summary: "Perform arbitrary bitfield integer operations on strings" },
  bitfield_ro: { arity: -2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")],
    since: "6.0.0", summary: "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD" },
  bitop: { arity: -4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(2, "OW update"), keys(3, -1, 1, "RO access")],
    since: "2.6.0", summary: "Perform bitwise operations between strings" },
  bitpos: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.8.7", summary: "Find first bit set or clear in a string" },
  getbit: { arity: 3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.2.0", summary: "Returns the bit value at offset in the string value stored at key" },
  setbit: { arity: 4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")],
    since: "2.2.0", summary: "Sets or clears the bit at offset in the string value stored at key" },
} satisfies Record<string, CommandRow>;
