/**
 * Entry module of a server worker that skips a fence: it confirms `giving` and sends the keys away, but
 * goes on to answer reads as if it still owned the slot.
 *
 * @module
 */

import "../../../server/worker.ts";
import { firstKeyOf, FLAG_READONLY, flagsOf } from "../../../core/commands/command_index.ts";
import { GIVING } from "../../../server/slots/fence_table.ts";
import { FenceGate } from "../../../server/slots/slot_gate.ts";

const { admit } = FenceGate.prototype;

FenceGate.prototype.admit = function (call) {
  const key = firstKeyOf[call.command]!;
  const isRead = (flagsOf[call.command]! & FLAG_READONLY) !== 0;
  if (isRead && key > 0 && key < call.argumentCount) {
    const { database } = call.session;
    const slot = database.slotOf(call.bytes, call.start(key), call.end(key));
    if (call.server.slots.table.state[slot] === GIVING) return true;
  }
  return admit.call(this, call);
};
