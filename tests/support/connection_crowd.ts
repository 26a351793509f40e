/**
 * A program that opens many connections to one address and holds them: the other half of the test
 * with 10 000 of them, in a process of its own because descriptors are limited per process.
 *
 * Arguments: host, port, count. It writes `open` when all are, sends one line on each when a byte
 * arrives on its input, writes `echoed` when all came back, and ends when its input does.
 *
 * @module
 */

import { openLibc } from "../../core/transport/libc.ts";
import { allocateMemory } from "../../core/transport/memory.ts";
import { createNativeReactor } from "../../core/transport/native_reactor.ts";
import { bytesOf, drive, driveUntil } from "./reactor_driver.ts";

/** Connections that may wait to be accepted at one time. */
const IN_FLIGHT = 1000;

async function main(host: string, port: number, count: number): Promise<void> {
  const libc = openLibc();
  if (libc === undefined) throw new Error("the native reactor is not available");
  const reactor = createNativeReactor({ libc, memory: allocateMemory(2 ** 29) });
  const connections: number[] = [];
  const line = bytesOf("0123456789\n");
  let echoed = 0;
  const handler = {
    onOpen: (connection: number) => connections.push(connection),
    onData(_connection: number, _bytes: Uint8Array, start: number, end: number): number {
      if (end - start < line.length) return start;
      echoed++;
      return start + line.length;
    },
    onClose(_connection: number, reason: string): void {
      throw new Error(`a connection was closed: ${reason}`);
    },
  };
  for (let started = 0; started < count; started++) {
    reactor.connect({ host, port }, handler);
    const enough = () => started - connections.length < IN_FLIGHT;
    if (!enough()) await driveUntil(reactor, enough, "connections open");
  }
  await driveUntil(reactor, () => connections.length === count, "all connections open");
  await Deno.stdout.write(bytesOf("open\n"));
  await drive(reactor, Deno.stdin.read(new Uint8Array(1)), "the request to send");
  for (const connection of connections) reactor.append(connection, line, 0, line.length);
  await driveUntil(reactor, () => echoed === count, "all echoes");
  await Deno.stdout.write(bytesOf("echoed\n"));
  await Deno.stdin.read(new Uint8Array(1));
  reactor.shutdown();
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2]));
