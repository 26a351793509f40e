/**
 * Entry module of a proxy worker that takes "ask the other server" for "there is no such key".
 *
 * @module
 */

import "../../../proxy/worker.ts";
import { DataPlane } from "../../../proxy/data_plane.ts";
import { KIND_FORWARDED } from "../../../proxy/pending_requests.ts";
import { parseRefusal } from "../../../proxy/refusal.ts";

const NIL = new TextEncoder().encode("$-1\r\n");
const { onRefused } = DataPlane.prototype;

DataPlane.prototype.onRefused = function (request, bytes, start, end, sentAt) {
  const isAsk = parseRefusal(bytes, start, end)?.kind === "ask";
  if (!isAsk || this.pending.kind[request] !== KIND_FORWARDED) {
    return onRefused.call(this, request, bytes, start, end, sentAt);
  }
  this.delivery.deliver(request, NIL, 0, NIL.length);
  this.delivery.flush();
};
