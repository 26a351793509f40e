/**
 * The commands of Codis that the proxy answers by itself: which slot a key has, and where slots go.
 *
 * @module
 */

import { SLOT_COUNT, slotOf } from "../core/slots.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { LocalContext, LocalHandler } from "./local_call.ts";
import type { RequestArguments } from "./request_arguments.ts";
import type { Route } from "./routes.ts";

/** The handlers by name. */
export function slotsHandlers({ plane }: LocalContext): Record<string, LocalHandler> {
  const { route } = plane.slots;
  return {
    slotshashkey: ({ args, writer }) => {
      writer.array(args.count - 1);
      for (let index = 1; index < args.count; index++) {
        const key = args.bytes(index);
        writer.integer(slotOf(key, 0, key.length, plane.slots.emptyTag));
      }
    },
    slotsmapping: ({ args, writer }) => {
      if (args.count > 2) {
        return writer.error("ERR wrong number of arguments for 'slotsmapping' command");
      }
      if (args.count === 1) {
        writer.array(SLOT_COUNT);
        route.forEach((its, slot) => writeMapping(slot, its, writer));
        return;
      }
      const slot = slotArgumentOf(args, 1);
      if (slot < 0) return writer.error(invalidSlotText(args, 1));
      writeMapping(slot, route[slot]!, writer);
    },
  };
}

/** The slot that argument `index` names, or -1. */
export function slotArgumentOf(args: RequestArguments, index: number): number {
  const slot = args.integer(index);
  return slot >= 0 && slot < SLOT_COUNT ? slot : -1;
}

/** Codis's error for an argument that names no slot. */
export function invalidSlotText(args: RequestArguments, index: number): string {
  return `ERR parse slotnum '${args.text(index)}' failed, out of range`;
}

/** As Codis: the slot, its server, the server it moves away from, and its replicas (none here). */
function writeMapping(slot: number, route: Route, writer: ReplyWriter): void {
  writer.array(4);
  writer.simple(String(slot));
  writer.simple(
    route.kind === "direct" ? route.address : route.kind === "migrating" ? route.to : "",
  );
  writer.simple(route.kind === "migrating" ? route.from : "");
  writer.array(0);
}
