/**
 * The names that clients give themselves with CLIENT SETNAME and HELLO.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";

/**
 * Argument `index` as a client's name.
 *
 * @throws {CommandError} if it has characters that would break the lines of CLIENT LIST.
 */
export function clientNameOf(call: Call, index: number): string {
  const name = call.text(index);
  if (/[^!-~]/.test(name)) {
    throw new CommandError(
      "ERR Client names cannot contain spaces, newlines or special characters.",
    );
  }
  return name;
}
