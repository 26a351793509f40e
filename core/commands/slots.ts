/**
 * The command table: slots and their migration.
 *
 * The first part is the family of the original codis-server (arities and flags are its own; key
 * specifications say where keys really are, where the original said nothing). The second part is what
 * our servers, manager and proxies say to each other. A server obeys them in any state of a slot:
 * they are the means to change it.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys } from "./key_specification.ts";

/** The commands of codis-server, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const CODIS_SLOT_COMMANDS = {
  slotscheck: { arity: -1, flags: ["readonly"], request: "unsupported", reply: "pass",
    since: "codis 1.9", summary: "Check that the slots and the keys of this server agree" },
  // Its arguments are slots: the original's key specification 1..-1 would route slot numbers as keys.
  slotsdel: { arity: -2, flags: ["write"], request: "unsupported", reply: "pass",
    since: "codis 1.9", summary: "Delete every key of some slots" },
  slotshashkey: { arity: -1, flags: ["readonly", "fast"], request: "local", reply: "pass",
    since: "codis 1.9", summary: "Tell the slots of some keys" },
  // With an address as its argument the proxy asks that server.
  slotsinfo: { arity: -1, flags: ["readonly", "fast"], request: "special", reply: "special",
    since: "codis 1.9", summary: "Count the keys of each slot that is not empty" },
  // Served by the proxy alone.
  slotsmapping: { arity: -1, flags: ["readonly"], request: "local", reply: "pass",
    since: "codis 3.0", summary: "Tell where a proxy routes each slot" },
  slotsmgrtone: { arity: 5, flags: ["write"], request: "unsupported", reply: "pass",
    keys: [key(4, "RW access delete")], since: "codis 1.9", summary: "Move one key to another server" },
  slotsmgrtslot: { arity: 5, flags: ["write"], request: "unsupported", reply: "pass",
    since: "codis 1.9", summary: "Move one key of a slot to another server" },
  slotsmgrttagone: { arity: 5, flags: ["write"], request: "unsupported", reply: "pass",
    keys: [key(4, "RW access delete")], since: "codis 1.9", summary: "Move a key and all keys of its tag to another server" },
  slotsmgrttagslot: { arity: 5, flags: ["write"], request: "unsupported", reply: "pass",
    since: "codis 1.9", summary: "Move one key of a slot and all keys of its tag to another server" },
  // Tools that import by it through a proxy send one key a command.
  slotsrestore: { arity: -4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [keys(1, -1, 3, "OW update")], since: "codis 1.9", summary: "Write serialized values, replacing what is there" },
  // The slot is its first argument.
  slotsscan: { arity: -3, flags: ["readonly"], request: "special", reply: "pass", tips: ["nondeterministic_output"],
    since: "codis 3.1", summary: "Iterate over the keys of a slot" },

  "slotsmgrt-async-cancel": { arity: -1, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Drop the connection of a running migration" },
  "slotsmgrt-async-fence": { arity: -1, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Wait for the end of a running migration" },
  "slotsmgrt-async-status": { arity: -1, flags: ["readonly"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Describe a running migration" },
  "slotsmgrt-exec-wrapper": { arity: -3, flags: ["write", "denyoom"], request: "unsupported", reply: "pass",
    keys: [key(1, "RW access update")],
    since: "codis 3.2", summary: "Run a command if its key is here and not on its way" },
  "slotsmgrtone-async": { arity: -7, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    keys: [keys(6, -1, 1, "RW access delete")], since: "codis 3.2", summary: "Move keys to another server in the background" },
  "slotsmgrtone-async-dump": { arity: -4, flags: ["readonly", "denyoom"], request: "unsupported", reply: "pass",
    keys: [keys(3, -1, 1, "RO access")], since: "codis 3.2", summary: "Show the messages that would move keys" },
  "slotsmgrtslot-async": { arity: 8, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Move keys of a slot to another server in the background" },
  "slotsmgrttagone-async": { arity: -7, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    keys: [keys(6, -1, 1, "RW access delete")],
    since: "codis 3.2", summary: "Move keys and all keys of their tags to another server in the background" },
  "slotsmgrttagone-async-dump": { arity: -4, flags: ["readonly", "denyoom"], request: "unsupported", reply: "pass",
    keys: [keys(3, -1, 1, "RO access")], since: "codis 3.2", summary: "Show the messages that would move keys and all keys of their tags" },
  "slotsmgrttagslot-async": { arity: 8, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Move keys of a slot, each with all keys of its tag, to another server in the background" },
  "slotsrestore-async": { arity: -2, flags: ["write", "denyoom"], request: "unsupported", reply: "pass",
    keys: [key(2, "OW update")], since: "codis 3.2", summary: "Write a value, or a part of it" },
  "slotsrestore-async-ack": { arity: 3, flags: ["write"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Acknowledge a message of a migration" },
  "slotsrestore-async-auth": { arity: 2, flags: ["readonly", "noscript", "loading", "stale", "fast", "no_auth"],
    request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Log in to the target of a migration" },
  "slotsrestore-async-select": { arity: 2, flags: ["readonly", "fast"], request: "unsupported", reply: "pass",
    since: "codis 3.2", summary: "Select a database of the target of a migration" },
} satisfies Record<string, CommandRow>;

/** What our own programs say to each other, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const SLOT_PROTOCOL_COMMANDS = {
  slotsasking: { arity: 3, flags: ["noscript", "fast"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Let the next command run on a slot that is being imported" },
  slotsboot: { arity: 1, flags: ["admin", "noscript", "fast"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Tell which start of this server answers, and which leader it obeys" },
  slotsclaimed: { arity: 4, flags: ["admin", "noscript"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "List the hashes of the keys that this server has claimed of a slot" },
  slotsfence: { arity: -9, flags: ["admin", "noscript"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Set what this server may do with some slots" },
  slotsimport: { arity: -4, flags: ["admin", "noscript"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Open a stream of transfers to this server" },
  slotsreceipt: { arity: -3, flags: ["admin", "noscript"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Tell how far the migration of some slots is, and the sums of what moved" },
  // Whether there is memory is asked only of what is not known yet: repetitions and refusals need none.
  "slotsrestore-seq": { arity: -4, flags: ["write", "noscript"], request: "unsupported", reply: "pass",
    keys: [keys(4, -1, 3, "OW update")], since: "0.1.0", summary: "Transfer all keys of a tag at once" },
  slotsroute: { arity: 3, flags: ["noscript", "fast"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Say that what follows knows a slot's route, and lift the refusals of that slot" },
  slotsthrottle: { arity: 3, flags: ["admin", "noscript"], request: "unsupported", reply: "pass",
    since: "0.1.0", summary: "Limit what migrations from this server may take" },
} satisfies Record<string, CommandRow>;
