/**
 * A proxy worker that dies of the request `ECHO die`.
 *
 * @module
 */

import { Dispatcher } from "../../../proxy/dispatcher.ts";

const dispatch = Dispatcher.prototype.dispatch;
Dispatcher.prototype.dispatch = function (session, parser) {
  const { args, bytes, argumentCount } = parser;
  const last = 2 * (argumentCount - 1);
  if (String.fromCharCode(...bytes.subarray(args[last], args[last + 1])) === "die") {
    throw new Error("it was told to die");
  }
  return dispatch.call(this, session, parser);
};

await import("../../../proxy/worker.ts");
