/**
 * Everything that can be done, in the order in which it is listed.
 *
 * @module
 */

import type { Action } from "./action.ts";
import { ADD_GROUP, ADD_SERVER, REMOVE_GROUP, REMOVE_SERVER } from "./group_actions.ts";
import { ASSIGN_SLOTS, MIGRATE, REBALANCE, SHARE_SLOTS } from "./slot_actions.ts";
import { CANCEL, PAUSE, PROXY_OFFLINE, PROXY_ONLINE, RESUME } from "./steer_actions.ts";

/** All actions. */
export const ACTIONS: readonly Action[] = [
  ADD_GROUP,
  ADD_SERVER,
  REMOVE_SERVER,
  REMOVE_GROUP,
  ASSIGN_SLOTS,
  SHARE_SLOTS,
  MIGRATE,
  REBALANCE,
  PAUSE,
  RESUME,
  CANCEL,
  PROXY_ONLINE,
  PROXY_OFFLINE,
];
