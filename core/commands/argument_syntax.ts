/**
 * The short notation in which the table writes a command's arguments, and its parser.
 *
 * `COMMAND DOCS` prints arguments as a tree of maps; the notation says the same in a line:
 *
 * | notation        | argument                                                     |
 * |-----------------|--------------------------------------------------------------|
 * | `value`         | a string named `value`                                       |
 * | `key@0`         | a key, of key specification 0                                |
 * | `count#int`     | with a type: `int`, `double`, `pattern`, `time`              |
 * | `NX`            | the word itself, named `nx`; `CH=change` names it otherwise  |
 * | `EX:seconds#int`| a value behind a word                                        |
 * | `how<A\|B>`     | one of several                                               |
 * | `range(a b)`    | several in a row                                             |
 * | `[x]`           | may be missing                                               |
 * | `x...`          | may be repeated; `x...+`: together with its word             |
 * | `x^6.2.0`       | since that version; `x!6.2.0`: deprecated since              |
 *
 * `''` is a word without letters. Invariant: names have no upper-case letter, words no lower-case one.
 *
 * @module
 */

/** What kind of value an argument is, in Redis's words. */
export type ArgumentType =
  | "string"
  | "integer"
  | "double"
  | "key"
  | "pattern"
  | "unix-time"
  | "pure-token"
  | "oneof"
  | "block";

/** One argument of a command. */
export interface Argument {
  /** What it stands for; the word in lower case when it is nothing else. */
  readonly name: string;
  /** What kind of value it takes. */
  readonly type: ArgumentType;
  /** For a key: which of the command's key specifications finds it. */
  readonly keySpecIndex?: number;
  /** The word in front of it, or that it is. */
  readonly token?: string;
  /** The first version that took it, when later than the command's. */
  readonly since?: string;
  /** The version that deprecated it. */
  readonly deprecatedSince?: string;
  /** Whether it may be missing, and repeated without or with its word. */
  readonly flags: readonly ("optional" | "multiple" | "multiple_token")[];
  /** The alternatives of a `oneof`, the parts of a `block`. */
  readonly parts: readonly Argument[];
}

/** What follows a name behind `#`. */
const TYPES: Readonly<Record<string, ArgumentType>> = {
  int: "integer",
  double: "double",
  pattern: "pattern",
  time: "unix-time",
};

const TOKEN = /(''|[A-Z0-9*=~$]+?)(?:([=:])|(?=[\])>| .^]|$))/y;
const NAME = /[a-z0-9][a-z0-9:_\/-]*/y;
const TYPE = /#([a-z]+)/y;
const KEY_SPEC = /@(\d+)/y;
const REPEATED = /\.\.\.(\+?)/y;
const SINCE = /\^([\d.]+)/y;
const DEPRECATED = /!([\d.]+)/y;

/**
 * The arguments that `syntax` stands for.
 *
 * @throws {SyntaxError} naming the place where the notation is broken.
 */
export function parseArguments(syntax: string): Argument[] {
  const reader = new Reader(syntax);
  const parsed = syntax === "" ? [] : argumentsUntil(reader, " ", "");
  reader.expectEnd();
  return parsed;
}

/** Arguments parted by `separator` up to `closer` (which is read). */
function argumentsUntil(reader: Reader, separator: string, closer: string): Argument[] {
  const parsed = [argumentAt(reader)];
  while (reader.take(separator)) parsed.push(argumentAt(reader));
  if (closer !== "") reader.expect(closer);
  return parsed;
}

function argumentAt(reader: Reader): Argument {
  if (reader.take("[")) {
    const inner = argumentAt(reader);
    reader.expect("]");
    return { ...inner, flags: ["optional", ...inner.flags] };
  }
  const word = reader.match(TOKEN);
  const token = word && { token: word[1] === "''" ? "" : word[1]! };
  const pure = word && word[2] !== ":";
  const name = pure && word[2] === undefined ? token!.token.toLowerCase() : reader.name();
  const typed = pure ? undefined : reader.match(TYPE)?.[1];
  const keySpec = reader.match(KEY_SPEC)?.[1];
  const shape = pure ? { type: "pure-token" as const, parts: [] } : shapeAt(reader, typed, keySpec);
  const repeated = reader.match(REPEATED);
  const since = reader.match(SINCE)?.[1];
  const deprecatedSince = reader.match(DEPRECATED)?.[1];
  return {
    name,
    ...shape,
    ...(keySpec !== undefined && { keySpecIndex: Number(keySpec) }),
    ...token,
    ...(since !== undefined && { since }),
    ...(deprecatedSince !== undefined && { deprecatedSince }),
    flags: !repeated ? [] : repeated[1] === "+" ? ["multiple", "multiple_token"] : ["multiple"],
  };
}

function shapeAt(
  reader: Reader,
  typed: string | undefined,
  keySpec: string | undefined,
): Pick<Argument, "type" | "parts"> {
  if (reader.take("<")) return { type: "oneof", parts: argumentsUntil(reader, "|", ">") };
  if (reader.take("(")) return { type: "block", parts: argumentsUntil(reader, " ", ")") };
  if (typed === undefined) return { type: keySpec === undefined ? "string" : "key", parts: [] };
  const type = TYPES[typed];
  if (type === undefined) throw reader.error(`a type, not "${typed}"`);
  return { type, parts: [] };
}

/** A place in the text. */
class Reader {
  #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found) this.#position = pattern.lastIndex;
    return found;
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#position)) return false;
    this.#position += text.length;
    return true;
  }

  name(): string {
    const found = this.match(NAME);
    if (!found) throw this.error("a name");
    return found[0];
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.error(`"${text}"`);
  }

  expectEnd(): void {
    if (this.#position < this.#text.length) throw this.error("the end");
  }

  error(expected: string): SyntaxError {
    return new SyntaxError(`expected ${expected} at ${this.#position} of "${this.#text}"`);
  }
}
