/**
 * What a client may call itself, as in Redis.
 *
 * @module
 */

/** The error for a name that {@linkcode hasValidName} refuses. */
export const INVALID_NAME =
  "ERR Client names cannot contain spaces, newlines or special characters.";

/** True for printable ASCII without spaces; the empty name means none. */
export function hasValidName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}
