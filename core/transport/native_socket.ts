/**
 * Sockets made through the C library: listening, connecting, and what their errors mean.
 *
 * Invariant: every socket is non-blocking, closed on exec, without Nagle's delay and with keep-alive
 * probes; a function that fails leaves no descriptor behind.
 *
 * @module
 */
import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  ECONNREFUSED,
  EINPROGRESS,
  ETIMEDOUT,
  type Libc,
} from "./libc.ts";
import type { CloseReason, ListenOptions, SocketAddress } from "./reactor.ts";
import {
  decodeSocketAddress,
  encodeSocketAddress,
  familyOf,
  formatSocketAddress,
  MAX_SOCKADDR_BYTES,
} from "./sockaddr.ts";

/** `accept4` and `socket`: non-blocking and closed on exec. */
export const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_KEEPALIVE = 9;
const SO_REUSEPORT = 15;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;

/** The kernel lowers it to net.core.somaxconn. */
const BACKLOG = 4096;
/** Redis's default `tcp-keepalive`; a dead peer is noticed after about twice this. */
const KEEPALIVE_SECONDS = 300;
const KEEPALIVE_PROBES = 3;

/**
 * Opens a listening socket and tells its descriptor.
 *
 * @throws {Deno.errors.AddrInUse} if the port is taken.
 * @throws {Deno.errors.AddrNotAvailable} if this machine does not have the address.
 * @throws {Deno.errors.PermissionDenied} if the system reserves the port.
 */
export function openListeningSocket(libc: Libc, options: ListenOptions): number {
  const sockaddr = encodeSocketAddress(options);
  const socket = openSocket(libc, options);
  if (socket < 0) throw listenError(options, -socket);
  setOption(libc, socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.shared === true) setOption(libc, socket, SOL_SOCKET, SO_REUSEPORT, 1);
  const { bind, listen, close } = libc.functions;
  if (bind(socket, sockaddr, sockaddr.length) === 0 && listen(socket, BACKLOG) === 0) return socket;
  const errno = libc.errno();
  close(socket);
  throw listenError(options, errno);
}

/** Starts a connection: its descriptor, or the negated errno if it failed at once. */
export function openConnectingSocket(libc: Libc, address: SocketAddress): number {
  const sockaddr = encodeSocketAddress(address);
  const socket = openSocket(libc, address);
  if (socket < 0) return socket;
  if (libc.functions.connect(socket, sockaddr, sockaddr.length) === 0) return socket;
  const errno = libc.errno();
  if (errno === EINPROGRESS) return socket;
  libc.functions.close(socket);
  return -errno;
}

/** The address a socket is bound to. */
export function localAddressOf(libc: Libc, socket: number): SocketAddress {
  const sockaddr = new Uint8Array(MAX_SOCKADDR_BYTES);
  const length = new Uint32Array([MAX_SOCKADDR_BYTES]);
  libc.functions.getsockname(socket, sockaddr, length);
  return decodeSocketAddress(sockaddr);
}

/** The error that a socket holds; 0 if none. Reading it clears it. */
export function pendingErrorOf(libc: Libc, socket: number): number {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  libc.functions.getsockopt(socket, SOL_SOCKET, SO_ERROR, value, length);
  return value[0]!;
}

/** Why a connection could not be made. */
export function connectFailureOf(errno: number): CloseReason {
  if (errno === ECONNREFUSED) return "refused";
  return errno === ETIMEDOUT ? "timeout" : "unreachable";
}

/** Why an established connection broke. */
export function failureOf(errno: number): CloseReason {
  return errno === ETIMEDOUT ? "timeout" : "reset";
}

/** A fresh socket or the negated errno. Accepted sockets inherit what is set here. */
function openSocket(libc: Libc, address: SocketAddress): number {
  const type = SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC;
  const socket = libc.functions.socket(familyOf(address.host), type, 0);
  if (socket < 0) return -libc.errno();
  setOption(libc, socket, IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(libc, socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(libc, socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_SECONDS);
  setOption(libc, socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_SECONDS / KEEPALIVE_PROBES);
  setOption(libc, socket, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
  return socket;
}

function setOption(libc: Libc, socket: number, level: number, name: number, value: number): void {
  libc.functions.setsockopt(socket, level, name, new Int32Array([value]), 4);
}

function listenError(address: SocketAddress, errno: number): Error {
  const tried = `cannot listen on ${formatSocketAddress(address)}`;
  switch (errno) {
    case EADDRINUSE:
      return new Deno.errors.AddrInUse(
        `${tried}: another program uses it; stop that program or choose another port`,
      );
    case EADDRNOTAVAIL:
      return new Deno.errors.AddrNotAvailable(`${tried}: this machine does not have that address`);
    case EACCES:
      return new Deno.errors.PermissionDenied(
        `${tried}: the system reserves this port; choose one above 1023`,
      );
    default:
      return new Error(`${tried}: errno ${errno}`);
  }
}
