/**
 * All handlers of the server, by command id.
 *
 * @module
 */

import { commandId, COMMANDS } from "../core/commands/table.ts";
import type { Handler, Handlers } from "./call.ts";
import { STRING_HANDLERS } from "./commands/strings.ts";

const FAMILIES: readonly Handlers[] = [STRING_HANDLERS];

/** Handlers by command id; undefined where the server does not serve a command. */
export function handlersById(): (Handler | undefined)[] {
  const handlers = new Array<Handler | undefined>(COMMANDS.length).fill(undefined);
  for (const family of FAMILIES) {
    for (const [name, handler] of Object.entries(family)) handlers[commandId(name)] = handler;
  }
  return handlers;
}
