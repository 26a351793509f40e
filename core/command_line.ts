/**
 * Flags of the programs: one table per program gives the parser, the help text and the errors.
 *
 * Invariant: a word that no flag takes is an error that names it; nothing is ignored.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** One flag. */
export interface Flag {
  /** What its value is called in the help text; a flag without it takes no value. */
  readonly value?: string;
  /** Its meaning, in a few words. */
  readonly help: string;
  /** The environment variable that it is read from when it is not given: for what `ps` shall not show. */
  readonly environment?: string;
  /** What it is when it is not given there either. */
  readonly default?: string;
}

/** A program's flags by name, without the dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  /** Tells it from other errors in logs. */
  override name = "UsageError";
}

/** What a command line says. */
export interface ParsedFlags {
  /** The value of a flag, its default, or undefined. */
  text(name: string): string | undefined;
  /** As `text`, for a flag that has a default. */
  required(name: string): string;
  /** A whole number in `[minimum, maximum]`. @throws {UsageError} */
  integer(name: string, minimum: number, maximum: number): number;
  /** One of `choices`. @throws {UsageError} */
  choice<T extends string>(name: string, choices: readonly T[]): T;
  /** Whether a flag without a value is there. */
  on(name: string): boolean;
  /** Words that are no flags. */
  readonly words: readonly string[];
}

/** Reads `args` by `table`. @throws {UsageError} naming the word that is wrong. */
export function parseFlags(
  args: readonly string[],
  table: FlagTable,
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): ParsedFlags {
  const names = Object.keys(table);
  const unknown = (word: string) => {
    if (word.startsWith("-") && word !== "-") {
      throw new UsageError(`unknown flag ${word}${nearest(word, names)}`);
    }
  };
  const parsed = parseArgs([...args], {
    string: names.filter((name) => table[name]!.value !== undefined),
    boolean: names.filter((name) => table[name]!.value === undefined),
    unknown: (word) => {
      unknown(word);
      return true;
    },
  }) as Record<string, unknown> & { _: (string | number)[] };
  const text = (name: string): string | undefined => {
    const given = parsed[name];
    if (given === "" && !args.some((word) => word === `--${name}=`)) {
      throw new UsageError(`--${name} needs a value: ${table[name]!.value}`);
    }
    if (typeof given === "string") return given;
    const { environment: variable, default: fallback } = table[name]!;
    return (variable === undefined ? undefined : environment(variable)) ?? fallback;
  };
  for (const name of names) if (table[name]!.value !== undefined) text(name);
  const required = (name: string): string => {
    const value = text(name);
    if (value === undefined) throw new UsageError(`--${name} ${table[name]!.value} is missing`);
    return value;
  };
  return {
    text,
    required,
    integer: (name, minimum, maximum) => integerOf(`--${name}`, required(name), minimum, maximum),
    choice: (name, choices) => {
      const value = required(name);
      const found = choices.find((choice) => choice === value);
      if (found === undefined) {
        throw new UsageError(`--${name} is "${value}": wanted ${choices.join(", ")}`);
      }
      return found;
    },
    on: (name) => parsed[name] === true,
    words: parsed._.map(String),
  };
}

/** Reads a whole number in `[minimum, maximum]`. @throws {UsageError} naming `what`. */
export function integerOf(what: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < minimum || value > maximum) {
    throw new UsageError(`${what} is "${text}": wanted a whole number, ${minimum} to ${maximum}`);
  }
  return value;
}

/** The lines of a help text that describe the flags. */
export function formatFlags(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => ({
    left: `  --${name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
    right: flag.help + notesOf(flag),
  }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  return rows.map(({ left, right }) => left.padEnd(width) + right).join("\n");
}

function notesOf({ environment, default: fallback }: Flag): string {
  const notes = [
    ...(environment === undefined ? [] : [`also ${environment}`]),
    ...(fallback === undefined || fallback === "" ? [] : [`default ${fallback}`]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function nearest(word: string, names: readonly string[]): string {
  const bare = word.replace(/^-+/, "").replace(/=.*$/, "");
  const close = names.find((name) => name.startsWith(bare.slice(0, 3)) && bare.length >= 3);
  return close === undefined ? "; see --help" : `; did you mean --${close}?`;
}
