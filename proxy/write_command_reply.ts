/**
 * Prints the values that `core/commands` answers `COMMAND` with.
 *
 * @module
 */

import type { CommandReply } from "../core/commands/command_reply.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";

/** Writes `reply` in the writer's protocol. */
export function writeCommandReply(reply: CommandReply, writer: ReplyWriter): void {
  if (reply === null) return writer.nilArray();
  if (typeof reply === "number") return writer.integer(reply);
  if (typeof reply === "string") return writer.bulkText(reply);
  if (reply instanceof Uint8Array) return writer.bulk(reply, 0, reply.length);
  if (!("kind" in reply)) {
    writer.array(reply.length);
    for (const item of reply) writeCommandReply(item, writer);
    return;
  }
  switch (reply.kind) {
    case "status":
      return writer.simple(reply.text);
    case "error":
      return writer.error(reply.text);
    case "set":
      writer.set(reply.items.length);
      for (const item of reply.items) writeCommandReply(item, writer);
      return;
    case "map":
      writer.map(reply.entries.length);
      for (const [key, value] of reply.entries) {
        writeCommandReply(key, writer);
        writeCommandReply(value, writer);
      }
  }
}
