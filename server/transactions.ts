/**
 * Transactions: commands between MULTI and EXEC, which wait, and then run without another client's in between.
 *
 * Invariant: of a transaction that was refused, or whose commands could not all be queued, nothing runs.
 *
 * @module
 */

import { FLAG_DENYOOM, FLAG_NO_MULTI, flagsOf } from "../core/commands/command_index.ts";
import { keysOf } from "../core/commands/keys_of.ts";
import { commandId, COMMANDS } from "../core/commands/table.ts";
import { type Call, ERROR, type Handler } from "./call.ts";
import { isOutOfMemory } from "./memory_limit.ts";
import { currentCommand, loadCommand, saveCommand, type SavedCommand } from "./saved_command.ts";
import type { Session } from "./session.ts";

/** Bytes of commands that one transaction may hold; more than that would be the memory of the server. */
const TRANSACTION_BYTES_MAX = 1 << 28;
/** What a queued command takes besides its arguments. */
const COMMAND_BYTES = 200;
const TOO_BIG = "ERR the transaction has too many commands; DISCARD it and send fewer";
const NOT_ALLOWED = "ERR Command not allowed inside a transaction";

const EXEC = commandId("exec");
const WATCH = commandId("watch");
/** Commands that run inside of a transaction as they come: those that end it, and what a proxy says of slots. */
const RUNS_AT_ONCE = setOf(
  "exec",
  "discard",
  "multi",
  "watch",
  "quit",
  "reset",
  "slotsasking",
  "slotsroute",
);
/** Of those, the commands that run although there is no memory. */
const NEEDS_NO_MEMORY = setOf("exec", "discard", "quit", "reset", "slotsasking", "slotsroute");
/** Commands on slots are answered later, and a transaction cannot wait. */
const IS_REFUSED = Uint8Array.from(
  COMMANDS,
  ({ id, group }) => Number(group === "slots" || (flagsOf[id]! & FLAG_NO_MULTI) !== 0),
);

/** A command that waits for EXEC. */
interface QueuedCommand extends SavedCommand {
  readonly handler: Handler;
}

/** What one client has sent since MULTI. */
export class Transaction {
  readonly commands: QueuedCommand[] = [];
  /** A command was refused: EXEC will not execute. */
  isAborted = false;
  /** Some command may need more memory. */
  deniesMemory = false;
  /** Memory that the commands take. */
  byteCount = 0;
}

/**
 * Decides on a command of a client in a transaction: true if it was queued. False: it runs now.
 * Otherwise the text of its refusal.
 */
export function queueCommand(
  call: Call,
  transaction: Transaction,
  handler: Handler,
): boolean | string {
  const { command } = call;
  const runsNow = RUNS_AT_ONCE[command] === 1;
  if (!runsNow && IS_REFUSED[command] === 1) return NOT_ALLOWED;
  const asksMemory = NEEDS_NO_MEMORY[command] === 0 ||
    (command === EXEC && transaction.deniesMemory);
  if (asksMemory && isOutOfMemory(call)) return ERROR.outOfMemory;
  if (runsNow) return false;
  const saved = saveCommand(call);
  transaction.byteCount += COMMAND_BYTES + saved.bytes.length + saved.args.byteLength;
  if (transaction.byteCount > TRANSACTION_BYTES_MAX) return TOO_BIG;
  // Nothing of it will run: the rest need not be kept.
  if (transaction.isAborted) return true;
  if ((flagsOf[command]! & FLAG_DENYOOM) !== 0) transaction.deniesMemory = true;
  transaction.commands.push({ ...saved, handler });
  return true;
}

/** The refusal of a command that did not come to be run: it ends a transaction, at once if it is EXEC. */
export function refusalInTransaction(call: Call, id: number, text: string): string {
  const { session } = call;
  if (session.transaction !== undefined) session.transaction.isAborted = true;
  if (id !== EXEC) return text;
  leaveTransaction(call);
  return `EXECABORT Transaction discarded because of: ${text.replace(/^ERR /, "")}`;
}

/** Forgets the transaction and the watches of a call's client. */
export function leaveTransaction(
  { session, server }: { session: Session; server: Call["server"] },
): void {
  session.transaction = undefined;
  server.watches.unwatch(session);
}

/** Runs the commands of a transaction; its call's reply announces so many. */
export function runTransaction(call: Call, { commands }: Transaction): void {
  const { session, server, reply } = call;
  const exec = currentCommand(call);
  session.isExecuting = true;
  reply.array(commands.length);
  for (const queued of commands) {
    loadCommand(call, queued);
    if (server.slots.gate.isElsewhere(call)) continue;
    server.runQueued(queued.handler);
  }
  session.isExecuting = false;
  loadCommand(call, exec);
}

/**
 * Whether all keys of a transaction may be used here, judged together as those of one command. Otherwise the refusal is
 * written, or the call deferred.
 */
export function admitTransaction(call: Call, { commands }: Transaction): boolean {
  const { gate } = call.server.slots;
  if (!gate.active) return true;
  const keys = keysOfAll(commands);
  if (keys === undefined) {
    if (call.session.slots !== undefined) call.session.slots.askingSlot = -1;
    return true;
  }
  const exec = currentCommand(call);
  // WATCH is the command that names keys and does nothing to them.
  loadCommand(call, keys);
  const isAdmitted = gate.admit(call);
  loadCommand(call, exec);
  return isAdmitted;
}

/** A WATCH of all keys that the commands name; undefined if they name none. */
function keysOfAll(commands: readonly QueuedCommand[]): SavedCommand | undefined {
  const found: Uint8Array[] = [];
  for (const { command, args, argumentCount, bytes } of commands) {
    const out = new Int32Array(argumentCount);
    const count = keysOf(command, args, argumentCount, bytes, out);
    for (let i = 0; i < count; i++) {
      found.push(bytes.subarray(args[2 * out[i]!]!, args[2 * out[i]! + 1]!));
    }
  }
  if (found.length === 0) return undefined;
  const bytes = new Uint8Array(found.reduce((sum, key) => sum + key.length, 0));
  const args = new Int32Array(2 * (found.length + 1));
  let at = 0;
  found.forEach((key, index) => {
    bytes.set(key, at);
    args[2 * index + 2] = at;
    at += key.length;
    args[2 * index + 3] = at;
  });
  return { command: WATCH, args, argumentCount: found.length + 1, bytes };
}

function setOf(...names: string[]): Uint8Array {
  const set = new Uint8Array(COMMANDS.length);
  for (const name of names) set[commandId(name)] = 1;
  return set;
}
