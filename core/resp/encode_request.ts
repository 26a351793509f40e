/**
 * Makes a request as a client sends it: for tests, tools and the control plane, not for the hot path.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Encodes a command and its arguments as one RESP array; strings as UTF-8, numbers as decimals. */
export function encodeRequest(args: readonly (string | Uint8Array | number)[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode(`*${args.length}\r\n`)];
  for (const arg of args) {
    const payload = arg instanceof Uint8Array ? arg : encoder.encode(String(arg));
    parts.push(encoder.encode(`$${payload.length}\r\n`), payload, encoder.encode("\r\n"));
  }
  const request = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let position = 0;
  for (const part of parts) {
    request.set(part, position);
    position += part.length;
  }
  return request;
}
