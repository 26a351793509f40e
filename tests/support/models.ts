/**
 * Which sequential specification an object of a history is held against. Invariant: the name of an
 * object says its kind (`register:7`, `pair:{7}`), so that a history needs no other description.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { appendModel } from "./models_append.ts";
import { counterModel } from "./models_counter.ts";
import { echoModel } from "./models_echo.ts";
import { expiringModel } from "./models_expiring.ts";
import { pairModel } from "./models_pair.ts";
import { registerModel } from "./models_register.ts";
import type { Model } from "./models_step.ts";

/** What models need to know beside the operations. */
export interface ModelSettings {
  /** Largest accepted error of a time to live in milliseconds. */
  ttlToleranceMs: number;
}

/** What an object is, by the first part of its key. */
export type ObjectKind = "register" | "counter" | "append" | "pair" | "expiring" | "echo";

/** The kind of a key or object, from the text before its first colon. */
export function kindOf(key: string): ObjectKind {
  const kind = key.slice(0, key.indexOf(":"));
  switch (kind) {
    case "register":
    case "counter":
    case "append":
    case "pair":
    case "expiring":
    case "echo":
      return kind;
    default:
      throw new RangeError(`Cannot choose a model for ${JSON.stringify(key)}: unknown kind`);
  }
}

/** The specification of an object; `operations` are all that concern it. */
export function modelOf(
  object: string,
  operations: readonly Operation[],
  { ttlToleranceMs }: ModelSettings,
): Model {
  switch (kindOf(object)) {
    case "register":
      return registerModel;
    case "counter":
      return counterModel;
    case "append":
      return appendModel(operations);
    case "pair":
      return pairModel;
    case "expiring":
      return expiringModel(ttlToleranceMs);
    case "echo":
      return echoModel;
  }
}
