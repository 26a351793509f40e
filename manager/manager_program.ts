/**
 * The program `codis-config`: the manager's daemon, and with a noun its client.
 *
 * @module
 */

import { formatAddress } from "../core/address.ts";
import { type ParsedFlags, UsageError } from "../core/command_line.ts";
import { addressFlag, coordinatorFlag, productFlag } from "../core/flag_values.ts";
import { isLoopback } from "../core/listen_policy.ts";
import {
  type Program,
  type ProgramContext,
  type RunningProgram,
  runProgram,
} from "../core/program.ts";
import { runManagerCli } from "./cli.ts";
import type { CliIo } from "./cli_io.ts";
import { isForClient } from "./command_line.ts";
import { DAEMON_FLAGS } from "./manager_flags.ts";
import { type Pages, startManager } from "./manager.ts";

/**
 * Runs the words behind `manager` on this terminal and returns the exit code. The daemon serves `pages`
 * beside the REST API.
 */
export function runManager(args: readonly string[], pages?: Pages): Promise<number> {
  if (isForClient(args)) return runManagerCli(args, terminalIo());
  return runProgram(programWith(pages), args);
}

/** The manager's daemon. */
function programWith(pages: Pages | undefined): Program {
  return {
    name: "codis-config",
    summary: "changes the topology, moves slots, serves the REST API and the dashboard",
    flags: DAEMON_FLAGS,
    start: (flags, context) => startFrom(flags, context, pages),
  };
}

async function startFrom(
  flags: ParsedFlags,
  context: ProgramContext,
  pages: Pages | undefined,
): Promise<RunningProgram> {
  const password = flags.text("server-password");
  const product = productFlag(flags);
  const listen = addressFlag(flags, "listen");
  const token = flags.text("token");
  if (!isLoopback(listen.host) && token === undefined) {
    throw new UsageError(
      `--listen ${formatAddress(listen)} would let anyone change the product: ` +
        "set CODIS_TOKEN (or --token), or listen on 127.0.0.1",
    );
  }
  const advertise = flags.text("advertise");
  if (advertise === undefined && /^(0\.0\.0\.0|::)$/.test(listen.host)) {
    context.log.warn("other managers cannot pass changes on to this one", {
      why: `${listen.host} is no address to reach it at; name one with --advertise`,
    });
  }
  const manager = await startManager({
    product,
    coordinator: coordinatorFlag(flags),
    listen: formatAddress(listen),
    advertise,
    token,
    allowedHosts: flags.text("allow-hosts")?.split(","),
    credentials: password === undefined ? undefined : { password },
    pages,
    log: (level, message) => context.log[level](message),
  });
  return {
    readyLine: `codis-config ready: product "${product}", dashboard http://${manager.address}`,
    close: async () => {
      await manager.close();
      return true;
    },
  };
}

function terminalIo(): CliIo {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stdout.isTerminal();
  return {
    out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    err: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    isTerminal,
    ...(isTerminal ? { columns: Deno.consoleSize().columns } : {}),
    env: (name) => Deno.env.get(name),
  };
}
