/**
 * The stock programs: how each is started for a bench, its version, and the package it comes in.
 *
 * Invariant: they run as they come, in their default configuration wherever the budgets do not say
 * otherwise; a peer is never slowed down or tuned.
 *
 * @module
 */

import { BenchError } from "./bench.ts";
import { freePort, type Program } from "./launch.ts";

/** A redis-server without persistence. */
export function redisServer(scratchDir: string): Program {
  const port = freePort();
  return {
    name: "redis-server",
    command: "redis-server",
    args: [
      ["--port", `${port}`],
      ["--bind", "127.0.0.1"],
      ["--save", ""],
      ["--appendonly", "no"],
      ["--dir", scratchDir],
    ].flat(),
    port,
  };
}

/** A twemproxy in front of `backendPorts`, its configuration written to `scratchDir`. */
export async function nutcracker(scratchDir: string, backendPorts: number[]): Promise<Program> {
  const port = freePort();
  const config = `${scratchDir}/nutcracker-${port}.yml`;
  await Deno.writeTextFile(config, nutcrackerConfig(port, backendPorts));
  return {
    name: "nutcracker",
    command: "nutcracker",
    args: [
      ["--conf-file", config],
      ["--output", "/dev/stderr"],
      ["--stats-addr", "127.0.0.1"],
      ["--stats-port", `${freePort()}`],
      ["--pid-file", `${scratchDir}/nutcracker-${port}.pid`],
    ].flat(),
    port,
  };
}

function nutcrackerConfig(port: number, backendPorts: number[]): string {
  return [
    "bench:",
    `  listen: 127.0.0.1:${port}`,
    "  redis: true",
    "  hash: crc32a",
    "  distribution: modula",
    "  server_connections: 1",
    "  preconnect: true",
    "  timeout: 2000",
    "  auto_eject_hosts: false",
    "  servers:",
    ...backendPorts.map((backend) => `   - 127.0.0.1:${backend}:1`),
    "",
  ].join("\n");
}

/** What a stock program prints for its version, and where it comes from. */
const STOCK = {
  "redis-server": { flag: "--version", pattern: /v=(\S+)/, package: "redis-server" },
  "redis-benchmark": {
    flag: "--version",
    pattern: /redis-benchmark (\S+)/,
    package: "redis-tools",
  },
  "nutcracker": { flag: "-V", pattern: /nutcracker-(\S+)/, package: "nutcracker" },
} as const;

/** A program that Debian packages. */
export type StockName = keyof typeof STOCK;

/** The installed version; throws `BenchError` naming the package if there is none. */
export async function versionOf(name: StockName): Promise<string> {
  const stock = STOCK[name];
  const text = await outputOf(name, stock.flag);
  if (text === undefined) {
    throw new BenchError(
      `${name} is not installed; this bench needs it. Try: apt-get install ${stock.package}`,
    );
  }
  return stock.pattern.exec(text)?.[1] ?? "of unknown version";
}

/** Everything the command printed, or undefined if there is no such command. */
async function outputOf(command: string, flag: string): Promise<string | undefined> {
  try {
    const output = await new Deno.Command(command, { args: [flag] }).output();
    const text = new TextDecoder();
    return text.decode(output.stdout) + text.decode(output.stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
