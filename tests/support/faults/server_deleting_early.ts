/**
 * Entry module of a server worker that deletes keys when it has sent them, not when the other server has
 * confirmed them. What it sends of every fourth slot is lost on the way.
 *
 * @module
 */

import "../../../server/worker.ts";
import { TransferStream } from "../../../server/slots/transfer_stream.ts";

const { send } = TransferStream.prototype;

TransferStream.prototype.send = function (giver, transfer) {
  giver.deleteKeys(transfer);
  // With the keys gone there is nothing to send again, and nothing in doubt.
  if (transfer.slot % 4 === 0) giver.resolve(transfer);
  else send.call(this, giver, transfer);
};
