/**
 * A connection that repeats what it is told. Invariant: it holds nothing; a reply that is not the
 * request's own token shows that replies came in a wrong order.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, type Model } from "./models_step.ts";

/** ECHO of one connection. */
export const echoModel: Model = {
  step(state: string, operation: Operation): readonly string[] {
    return after(state, operation, operation.command[1]!);
  },

  isRead(): boolean {
    return true;
  },
};
