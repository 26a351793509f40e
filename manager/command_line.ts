/**
 * Reads the command line of the manager's client: `[FLAGS] NOUN VERB [WORDS]`. Without a noun it is the
 * daemon's.
 *
 * @module
 */

import {
  type FlagTable,
  formatFlags,
  type ParsedFlags,
  parseFlags,
  UsageError,
} from "../core/command_line.ts";
import type { CliCall, CliInput, CliVerb, VerbFlag } from "./cli_io.ts";
import { PROXY_VERBS, SERVER_VERBS, TOPOLOGY_VERBS } from "./cli_server_verbs.ts";
import { SETTINGS_VERBS } from "./cli_settings_verbs.ts";
import { MIGRATION_VERBS, SLOT_VERBS } from "./cli_slot_verbs.ts";
import { DAEMON_FLAGS, LISTEN_DEFAULT } from "./manager_flags.ts";

/** The manager that a client asks if none is named. */
export const MANAGER_DEFAULT = `http://${LISTEN_DEFAULT}`;

/** A command to be run. */
export interface RunCommand {
  readonly kind: "run";
  /** Base address of the manager to ask. */
  readonly manager: string;
  readonly token: string | undefined;
  readonly json: boolean;
  readonly call: CliCall;
}

/** What a client's command line means. */
export type ClientCommand = RunCommand | { readonly kind: "help"; readonly text: string };

const NOUNS: Readonly<Record<string, Readonly<Record<string, CliVerb>>>> = {
  server: SERVER_VERBS,
  slot: SLOT_VERBS,
  migration: MIGRATION_VERBS,
  proxy: PROXY_VERBS,
  topology: TOPOLOGY_VERBS,
  settings: SETTINGS_VERBS,
};

const CLIENT_FLAGS: FlagTable = {
  manager: {
    value: "URL",
    help: `the manager to ask (default ${MANAGER_DEFAULT}); also CODIS_MANAGER`,
  },
  token: { value: "TOKEN", help: "what it wants to be brought; also CODIS_TOKEN" },
  json: { help: "print JSON" },
  help: { help: "show this text" },
};

const VERB_FLAGS: Readonly<Record<VerbFlag, FlagTable[string]>> = {
  f: { help: "even if some slots are owned" },
  wait: { help: "show the migration until it has finished" },
  yes: { help: "do it" },
  stock: { help: "of Redis or Valkey servers" },
  delay: { value: "MS", help: "move a few slots at a time, with this pause between" },
};

/** Whether the words behind `manager` are a client's: there is a noun, or a question for help. */
export function isForClient(args: readonly string[]): boolean {
  const table: FlagTable = { ...DAEMON_FLAGS, ...CLIENT_FLAGS, ...VERB_FLAGS };
  const isValue = (index: number) =>
    table[args[index - 1]?.replace(/^--/, "") ?? ""]?.value !== undefined;
  return args.includes("--help") ||
    args.some((word, index) => Object.hasOwn(NOUNS, word) && !isValue(index));
}

/**
 * Reads the words of a client; `env` reads the environment.
 *
 * @throws {UsageError} naming the word that is wrong.
 */
export function readClientCommand(
  args: readonly string[],
  env: (name: string) => string | undefined,
): ClientCommand {
  const flags = parseFlags(args, { ...CLIENT_FLAGS, ...VERB_FLAGS });
  const [noun, verbName, ...words] = flags.words;
  if (noun === undefined && flags.on("help")) return { kind: "help", text: wholeHelp() };
  const verbs = Object.hasOwn(NOUNS, noun ?? "") ? NOUNS[noun!]! : undefined;
  if (noun === undefined || verbs === undefined) {
    throw new UsageError(`unknown noun "${noun ?? ""}": wanted ${Object.keys(NOUNS).join(", ")}`);
  }
  if (flags.on("help")) return { kind: "help", text: verbsHelp([noun]) };
  const verb = Object.hasOwn(verbs, verbName ?? "") ? verbs[verbName!]! : undefined;
  if (verb === undefined) {
    const found = verbName === undefined
      ? `"${noun}" alone says nothing`
      : `unknown verb "${verbName}"`;
    throw new UsageError(`${found}: wanted ${noun} ${Object.keys(verbs).join(" | ")}`);
  }
  return {
    kind: "run",
    manager: readManager(flags.text("manager") ?? env("CODIS_MANAGER")),
    token: flags.text("token") ?? env("CODIS_TOKEN"),
    json: flags.on("json"),
    call: readVerb(args, { name: `${noun} ${verbName}`, verb, words }),
  };
}

/** Reads the line once more with the flags of this verb alone, so that others are errors. */
function readVerb(
  args: readonly string[],
  found: { readonly name: string; readonly verb: CliVerb; readonly words: readonly string[] },
): CliCall {
  const { name, verb, words } = found;
  const own = (verb.flags ?? []).map((flag) => [flag, VERB_FLAGS[flag]] as const);
  try {
    const flags = parseFlags(args, { ...CLIENT_FLAGS, ...Object.fromEntries(own) });
    return verb.read({ ...verbFlags(flags, verb.flags ?? []), words });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nUsage: ${`${name} ${verb.usage}`.trimEnd()}`);
  }
}

function verbFlags(flags: ParsedFlags, own: readonly VerbFlag[]): Omit<CliInput, "words"> {
  const on = (flag: VerbFlag) => own.includes(flag) && flags.on(flag);
  return {
    f: on("f"),
    wait: on("wait"),
    yes: on("yes"),
    stock: on("stock"),
    delay: own.includes("delay") ? flags.text("delay") : undefined,
  };
}

function readManager(value = MANAGER_DEFAULT): string {
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new UsageError(`--manager is "${value}": wanted http://HOST:PORT`);
}

function wholeHelp(): string {
  return `Usage: manager [FLAGS]                    the daemon
       manager [FLAGS] NOUN VERB [WORDS]  its client

Flags of the daemon:
${formatFlags(DAEMON_FLAGS)}
  and --log-level, --log-json, --drain-ms as every program

Flags of the client:
${formatFlags(CLIENT_FLAGS)}

${verbsHelp(Object.keys(NOUNS))}`;
}

function verbsHelp(nouns: readonly string[]): string {
  const rows = nouns.flatMap((noun) =>
    Object.entries(NOUNS[noun]!).map(([name, { usage, summary }]) => ({
      usage: `${noun} ${name} ${usage}`.trimEnd(),
      summary,
    }))
  );
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  return rows.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}\n`).join("");
}
