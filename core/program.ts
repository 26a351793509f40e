/**
 * The life of a program: flags, start, one ready line, signals, drain, exit code.
 *
 * Exit codes: 0 after a clean end, 1 when it could not start or end cleanly, 2 on wrong usage, 70 when
 * a part of it died.
 *
 * @module
 */

import {
  type FlagTable,
  formatFlags,
  type ParsedFlags,
  parseFlags,
  UsageError,
} from "./command_line.ts";
import { Log } from "./log.ts";
import { releaseStartMemory } from "./transport/start_memory.ts";
import { VERSION } from "./version.ts";

/** A program that runs until it is told to end. */
export interface Program {
  /** As users call it. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly summary: string;
  /** Its flags. */
  readonly flags: FlagTable;
  /** Starts it. @throws {UsageError} if flags contradict each other. */
  start(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram>;
}

/** What a program gets. */
export interface ProgramContext {
  /** Where the program's events go. */
  readonly log: Log;
  /** Ends the process: a part of the program died, or a client asked for the end. */
  end(outcome: ProgramEnd): void;
  /** Aborted when the process is told to end before it was ready. */
  readonly signal: AbortSignal;
}

/** Why a program ends by itself. */
export type ProgramEnd =
  | { readonly kind: "asked" }
  | { readonly kind: "died"; readonly error: string };

/** A program that serves. */
export interface RunningProgram {
  /** Said once on standard output. */
  readonly readyLine: string;
  /** Finishes what was begun, for at most `drainMs`; false if it had to be cut short. */
  close(drainMs: number): Promise<boolean>;
}

/** The flags of every program. */
const COMMON_FLAGS: FlagTable = {
  "log-level": { value: "LEVEL", help: "debug, info, warn or error", default: "info" },
  "log-json": { help: "log JSON lines" },
  "drain-ms": { value: "MS", help: "time to finish requests when told to end", default: "5000" },
  help: { help: "show this text" },
  version: { help: "show the version" },
};
/** Ctrl-C under a task runner delivers one signal twice. */
const SIGNAL_ECHO_MS = 1000;
const EXIT_DIED = 70;
/** By then the code that runs often is compiled. */
const WARM_UP_MS = 10_000;

/** Runs a program to its end; returns the exit code. */
export async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  const table = { ...program.flags, ...COMMON_FLAGS };
  try {
    if (args.includes("--help")) return print(helpText(program, table));
    if (args.includes("--version")) return print(`codis ${VERSION}`);
    const flags = parseFlags(args, table);
    if (flags.words.length > 0) throw new UsageError(`unknown word "${flags.words[0]}"`);
    const level = flags.choice("log-level", ["debug", "info", "warn", "error"]);
    const log = new Log(program.name, { level, json: flags.on("log-json") });
    const drainMs = flags.integer("drain-ms", 0, 3_600_000);
    return await serve((context) => program.start(flags, context), { log, drainMs });
  } catch (error) {
    if (error instanceof UsageError) return complain(program, error.message, 2);
    return complain(program, error instanceof Error ? error.message : String(error), 1);
  }
}

/** Starts something, says that it is ready, and closes it when the process is told to end. */
export async function serve(
  start: (context: ProgramContext) => Promise<RunningProgram>,
  options: { log: Log; drainMs: number },
): Promise<number> {
  const { log, drainMs } = options;
  const ended = Promise.withResolvers<ProgramEnd>();
  const stop = new AbortController();
  const release = onSignals(() => {
    stop.abort(new Error("told to end before it was ready"));
    ended.resolve({ kind: "asked" });
  });
  let warm: ReturnType<typeof setTimeout> | undefined;
  try {
    const running = await start({ log, end: ended.resolve, signal: stop.signal });
    print(running.readyLine);
    releaseStartMemory();
    warm = setTimeout(releaseStartMemory, WARM_UP_MS);
    const end = await ended.promise;
    if (end.kind === "died") log.error("a part died; ending", { error: end.error });
    const clean = await running.close(end.kind === "died" ? 0 : drainMs);
    if (end.kind === "died") return EXIT_DIED;
    return clean ? 0 : 1;
  } catch (error) {
    // Told to end before it was ready: it has cleaned up, and that is all that was asked.
    if (stop.signal.aborted) return 0;
    throw error;
  } finally {
    clearTimeout(warm);
    release();
  }
}

/** Calls `first` at the first signal; a later one that is no echo ends the process at once. */
function onSignals(first: () => void): () => void {
  let firstAtMs = -1;
  const handle = () => {
    if (firstAtMs < 0) {
      firstAtMs = performance.now();
      first();
    } else if (performance.now() - firstAtMs > SIGNAL_ECHO_MS) Deno.exit(1);
  };
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, handle);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, handle);
  };
}

function helpText(program: Program, table: FlagTable): string {
  return `${program.name}: ${program.summary}\n\nFlags:\n${formatFlags(table)}`;
}

function print(text: string): number {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  return 0;
}

function complain(program: Program, text: string, code: number): number {
  const hint = code === 2 ? `\nSee: ${program.name} --help` : "";
  Deno.stderr.writeSync(new TextEncoder().encode(`${program.name}: ${text}${hint}\n`));
  return code;
}
