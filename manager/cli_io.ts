/**
 * What a command of the command line works with, and how it reads its words.
 *
 * @module
 */

import { UsageError } from "../core/command_line.ts";
import type { ApiClient } from "./api_client.ts";

/** The command line's surroundings; the tests have their own. */
export interface CliIo {
  /** Writes to the standard output, as is. */
  out(text: string): void;
  /** Writes to the standard error output, as is. */
  err(text: string): void;
  /** Whether the standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. @default {80} */
  readonly columns?: number;
  /** Reads the environment. */
  env(name: string): string | undefined;
  /** Ends waits: the user pressed Ctrl-C. */
  readonly signal?: AbortSignal;
}

/** The words and flags behind noun and verb. */
export interface CliInput {
  readonly words: readonly string[];
  /** `-f`. */
  readonly f: boolean;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly stock: boolean;
  readonly delay: string | undefined;
}

/** A flag that some verbs take. */
export type VerbFlag = Exclude<keyof CliInput, "words">;

/** What a verb's call works with. */
export interface CliContext {
  readonly api: ApiClient;
  readonly io: CliIo;
  /** JSON on the standard output instead of text. */
  readonly json: boolean;
}

/** Does what was asked; an error says what went wrong, `false` that it was said already. */
export type CliCall = (context: CliContext) => Promise<boolean>;

/** One verb of one noun. */
export interface CliVerb {
  /** Behind noun and verb, as `FROM TO G [--delay MS]`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags?: readonly VerbFlag[];
  /** Reads the words. @throws {UsageError} */
  read(input: CliInput): CliCall;
}

/** Prints the API's answer as JSON, or what `text` makes of it. */
export function print<T>(context: CliContext, value: T, text: (value: T) => string): true {
  context.io.out(context.json ? `${JSON.stringify(value, null, 2)}\n` : text(value));
  return true;
}

/** Checks how many words there are. @throws {UsageError} naming the first too many, or what is missing. */
export function requireWords(
  input: CliInput,
  names: readonly string[],
  optional = 0,
): readonly string[] {
  const { words } = input;
  if (words.length > names.length) {
    throw new UsageError(`"${words[names.length]}" is one word too many`);
  }
  if (words.length < names.length - optional) {
    throw new UsageError(`${names[words.length]} is missing`);
  }
  return words;
}
