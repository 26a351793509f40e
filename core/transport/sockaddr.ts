/**
 * The kernel's form of internet addresses: `sockaddr_in` and `sockaddr_in6`.
 *
 * Invariant: `decodeSocketAddress(encodeSocketAddress(a))` is `a` with its host in canonical form
 * (RFC 5952 for IPv6).
 *
 * @module
 */
import type { SocketAddress } from "./reactor.ts";

/** Address family IPv4. */
export const AF_INET = 2;
/** Address family IPv6. */
export const AF_INET6 = 10;
/** Size of the longest address encoded here, in bytes. */
export const MAX_SOCKADDR_BYTES = 28;

/** The family of a numeric address. */
export function familyOf(host: string): typeof AF_INET | typeof AF_INET6 {
  return host.includes(":") ? AF_INET6 : AF_INET;
}

/** Whether a host is meant as an address, right or wrong, and not as a name: no name ends in a number. */
export function isNumericHost(host: string): boolean {
  return host.includes(":") || /(^|\.)\d+$/.test(host);
}

/**
 * Encodes an address as the kernel wants it: 16 bytes for IPv4, 28 for IPv6.
 *
 * @throws {TypeError} if the host is not a numeric address or the port is out of range.
 */
export function encodeSocketAddress(address: SocketAddress): Uint8Array<ArrayBuffer> {
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new TypeError(`port ${port} is not in 0..65535`);
  }
  const family = familyOf(host);
  const bytes = new Uint8Array(family === AF_INET ? 16 : MAX_SOCKADDR_BYTES);
  bytes[0] = family;
  bytes[2] = port >> 8;
  bytes[3] = port & 255;
  if (family === AF_INET) bytes.set(ipv4Bytes(host, host), 4);
  else bytes.set(ipv6Bytes(host), 8);
  return bytes;
}

/** Decodes an address that the kernel wrote at `offset`; an unknown family gives an empty host. */
export function decodeSocketAddress(bytes: Uint8Array, offset = 0): SocketAddress {
  const family = bytes[offset]! | (bytes[offset + 1]! << 8);
  const port = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
  if (family === AF_INET) return { host: bytes.subarray(offset + 4, offset + 8).join("."), port };
  if (family === AF_INET6) return { host: ipv6Text(bytes.subarray(offset + 8, offset + 24)), port };
  return { host: "", port: 0 };
}

/** An address as people write it: `1.2.3.4:5`, `[::1]:5`. */
export function formatSocketAddress(address: SocketAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function notNumeric(host: string): TypeError {
  return new TypeError(`"${host}" is not a numeric IPv4 or IPv6 address`);
}

function ipv4Bytes(text: string, host: string): number[] {
  const parts = text.split(".");
  if (parts.length !== 4) throw notNumeric(host);
  return parts.map((part) => {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) throw notNumeric(host);
    return Number(part);
  });
}

function ipv6Bytes(host: string): Uint8Array {
  const halves = host.split("::");
  if (halves.length > 2) throw notNumeric(host);
  // An IPv4 address can only end the whole text.
  if (halves.length === 2 && halves[0]!.includes(".")) throw notNumeric(host);
  const head = ipv6Groups(halves[0]!, host);
  const tail = halves.length === 2 ? ipv6Groups(halves[1]!, host) : [];
  const count = head.length + tail.length;
  if (halves.length === 2 ? count > 14 : count !== 16) throw notNumeric(host);
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of groups between colons; an IPv4 address may stand for the last two. */
function ipv6Groups(text: string, host: string): number[] {
  if (text === "") return [];
  const groups = text.split(":");
  return groups.flatMap((group, i) => {
    if (i === groups.length - 1 && group.includes(".")) return ipv4Bytes(group, host);
    if (!/^[0-9a-f]{1,4}$/i.test(group)) throw notNumeric(host);
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12).join(".")}`;
  }
  const texts = groups.map((group) => group.toString(16));
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return texts.join(":");
  return `${texts.slice(0, zeros.start).join(":")}::${
    texts.slice(zeros.start + zeros.length).join(":")
  }`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  });
  return best;
}
