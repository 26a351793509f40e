/**
 * What the proxy says first on a connection to a server.
 *
 * @module
 */

import { encodeRequest } from "../core/resp/encode_request.ts";
import type { StockLogin } from "../core/stock_users.ts";

/** What a new connection to a server starts with: the log-in, and the RESP version. */
export function greetingFrames(
  login: StockLogin | undefined,
  protocol: 2 | 3,
): Uint8Array[] {
  const frames: Uint8Array[] = [];
  if (login !== undefined) {
    const user = login.user === "" ? [] : [login.user];
    frames.push(encodeRequest(["AUTH", ...user, login.password]));
  }
  if (protocol === 3) frames.push(encodeRequest(["HELLO", "3"]));
  return frames;
}
