/**
 * Structured logs: one line per event on standard error, as `key=value` text or as JSON.
 *
 * @module
 */

/** How much an event matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of an event. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Options of {@linkcode Log}. */
export interface LogOptions {
  /** Events below this are dropped. */
  readonly level: LogLevel;
  /** JSON lines instead of text. */
  readonly json: boolean;
  /** Where lines go; default standard error. */
  readonly write?: (line: string) => void;
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const encoder = new TextEncoder();

/** Writes the events of one program. */
export class Log {
  readonly #options: LogOptions;
  readonly #component: string;

  /** `component` names the program or part in each line. */
  constructor(component: string, options: LogOptions = { level: "info", json: false }) {
    this.#component = component;
    this.#options = options;
  }

  /** A log of a part, with the same options. */
  of(component: string): Log {
    return new Log(component, this.#options);
  }

  /** Something only a developer wants to know. */
  debug(event: string, fields: LogFields = {}): void {
    this.#write("debug", event, fields);
  }

  /** Something normal. */
  info(event: string, fields: LogFields = {}): void {
    this.#write("info", event, fields);
  }

  /** Something that mends itself, or may need a hand. */
  warn(event: string, fields: LogFields = {}): void {
    this.#write("warn", event, fields);
  }

  /** Something that needs a hand. */
  error(event: string, fields: LogFields = {}): void {
    this.#write("error", event, fields);
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    if (ORDER[level] < ORDER[this.#options.level]) return;
    const line = formatLogLine(
      { time: new Date().toISOString(), level, component: this.#component, event, ...fields },
      this.#options.json,
    );
    (this.#options.write ?? writeToStandardError)(line);
  }
}

/** One line, without its line end. */
export function formatLogLine(fields: LogFields, json: boolean): string {
  if (json) return JSON.stringify(fields);
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join(" ");
}

function textOf(value: LogFields[string]): string {
  const text = String(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}

function writeToStandardError(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
