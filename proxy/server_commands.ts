/**
 * INFO, CONFIG, COMMAND, ROLE and TIME: what clients and tools ask about the server they think they
 * are connected to.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import {
  commandCountReply,
  commandDocsReply,
  commandInfoReply,
  type CommandListFilter,
  commandListReply,
} from "../core/commands/command_reply.ts";
import {
  commandGetKeysAndFlagsReply,
  commandGetKeysReply,
} from "../core/commands/get_keys_reply.ts";
import { COMMANDS } from "../core/commands/table.ts";
import { matchesGlob } from "../core/glob.ts";
import { infoText } from "./info_report.ts";
import type { LocalCall, LocalContext, LocalHandler } from "./local_call.ts";
import type { RequestArguments } from "./request_arguments.ts";
import { serversOf } from "./server_list.ts";
import { sumOfCounters, type WorkerCounters } from "./worker_question.ts";
import { writeCommandReply } from "../core/commands/write_command_reply.ts";

const NO_CONFIG_SET =
  "ERR CONFIG SET is not supported through the proxy: a product's settings are changed with the " +
  "manager, a server's at the server";

/** The handlers by name. */
export function serverHandlers(context: LocalContext): Record<string, LocalHandler> {
  return {
    info: ({ args, askAll }) => {
      const sections = args.textsFrom(1);
      askAll({ kind: "counters" }, (writer, answers) => {
        writer.verbatim(info(context, sections, sumOfCounters(answers)), "txt");
      });
    },
    role: ({ writer }) => {
      writer.array(3);
      writer.bulkText("master");
      writer.integer(0);
      writer.array(0);
    },
    time: ({ writer }) => {
      const nowMs = Date.now();
      writer.array(2);
      writer.bulkText(String(Math.floor(nowMs / 1000)));
      writer.bulkText(String((nowMs % 1000) * 1000));
    },
    "config|get": (call) => configGet(context, call),
    "config|set": ({ writer }) => writer.error(NO_CONFIG_SET),
    "config|resetstat": ({ askAll }) => askAll({ kind: "reset-counters" }, (writer) => writer.ok()),
    command: ({ writer }) => writeCommandReply(commandInfoReply([], isServed), writer),
    "command|count": ({ writer }) => writeCommandReply(commandCountReply(isServed), writer),
    "command|info": ({ args, writer }) =>
      writeCommandReply(commandInfoReply(args.textsFrom(2), isServed), writer),
    "command|docs": ({ args, writer }) =>
      writeCommandReply(commandDocsReply(args.textsFrom(2), isServed), writer),
    "command|list": commandList,
    "command|getkeys": ({ args, writer }) =>
      writeCommandReply(commandGetKeysReply(wordsOf(args)), writer),
    "command|getkeysandflags": ({ args, writer }) =>
      writeCommandReply(commandGetKeysAndFlagsReply(wordsOf(args)), writer),
  };
}

/** The request that a COMMAND GETKEYS is about. */
function wordsOf(args: RequestArguments): Uint8Array[] {
  return Array.from({ length: args.count - 2 }, (_, index) => args.bytes(index + 2));
}

/** Whether the proxy does something with a command but refuse it. */
function isServed(id: number): boolean {
  const { request } = COMMANDS[id]!;
  return request !== "unsupported" && request !== "dedicated";
}

function commandList({ args, writer }: LocalCall): void {
  if (args.count === 2) return writeCommandReply(commandListReply(undefined, isServed), writer);
  const filter = args.count === 5 && args.word(2) === "filterby"
    ? listFilterOf(args.word(3), args.text(4))
    : undefined;
  if (filter === undefined) return writer.error("ERR syntax error");
  writeCommandReply(commandListReply(filter, isServed), writer);
}

function listFilterOf(by: string, value: string): CommandListFilter | undefined {
  switch (by) {
    case "module":
      return { by, name: value };
    case "aclcat":
      return { by, category: value };
    case "pattern":
      return { by, matches: (name) => matchesGlob(value.toLowerCase(), name) };
    default:
      return undefined;
  }
}

/** The settings that clients ask for, by name. */
function settingsOf({ options }: LocalContext): Readonly<Record<string, string>> {
  return {
    appendonly: "no",
    databases: "1",
    maxclients: String(options.session.clientCountMax * (options.workerCount ?? 1)),
    maxmemory: "0",
    "proto-max-bulk-len": String(512 * 1024 * 1024),
    save: "",
    timeout: String(Math.floor(options.session.idleTimeoutMs / 1000)),
  };
}

/** A setting named in full is shown as the client spelled it, as in Redis. */
function configGet(context: LocalContext, { args, writer }: LocalCall): void {
  const settings = settingsOf(context);
  const found = new Map<string, string>();
  for (const asked of args.textsFrom(2)) {
    const pattern = asked.toLowerCase();
    for (const [name, value] of Object.entries(settings)) {
      if (name === pattern) found.set(asked, value);
      else if (matchesGlob(pattern, name)) found.set(name, value);
    }
  }
  writer.map(found.size);
  for (const [name, value] of found) {
    writer.bulkText(name);
    writer.bulkText(value);
  }
}

function info(
  context: LocalContext,
  sections: readonly string[],
  counters: WorkerCounters,
): string {
  const { plane, reactor, options } = context;
  const { slots } = plane;
  const workerCount = options.workerCount ?? 1;
  const calls: [string, number][] = [];
  counters.calls.forEach((count, id) => {
    if (count > 0) calls.push([nameOf[id]!, count]);
  });
  return infoText({
    product: options.product ?? "",
    workerCount,
    epoch: slots.epoch,
    waitingRoutes: slots.waiting,
    servers: serversOf(slots.route).addresses,
    transport: reactor.kind,
    port: plane.port,
    processId: Deno.pid,
    uptimeSeconds: Math.floor(performance.now() / 1000),
    clientCountMax: options.session.clientCountMax * workerCount,
    ...counters,
    calls,
  }, sections);
}
