/**
 * The short commands about a client's own connection: PING, ECHO, SELECT, QUIT.
 *
 * @module
 */

import type { LocalHandler } from "./local_call.ts";

const DATABASE_COUNT = 1;
const INT32_MAX = 2 ** 31 - 1;
const PONG = new TextEncoder().encode("+PONG\r\n");

/** The handlers by name. */
export const CONNECTION_HANDLERS: Readonly<Record<string, LocalHandler>> = {
  ping: ({ args, writer }) => {
    if (args.count > 2) return writer.error("ERR wrong number of arguments for 'ping' command");
    if (args.count === 1) return writer.frame(PONG);
    const message = args.bytes(1);
    writer.bulk(message, 0, message.length);
  },
  echo: ({ args, writer }) => {
    const message = args.bytes(1);
    writer.bulk(message, 0, message.length);
  },
  select: ({ args, writer }) => {
    const database = args.integer(1);
    if (!(Math.abs(database) <= INT32_MAX)) {
      return writer.error("ERR value is not an integer or out of range");
    }
    if (database < 0 || database >= DATABASE_COUNT) {
      return writer.error("ERR DB index is out of range");
    }
    writer.ok();
  },
  quit: ({ session, writer }) => {
    session.closing = true;
    writer.ok();
  },
  "acl|whoami": ({ writer }) => writer.bulkText("default"),
};
