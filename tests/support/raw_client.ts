/**
 * Sends commands and returns each reply as the very bytes it came in, for comparing two servers.
 *
 * Invariant: it only looks for where replies end; nothing is decoded, and nothing shared with the product.
 *
 * @module
 */

/** One word of a command; each character of a text is one byte. */
export type Word = string | number | Uint8Array;
/** A command with its arguments. */
export type Command = readonly Word[];

/** A connection that exchanges commands for raw replies. */
export class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #chunk = new Uint8Array(1 << 18);
  #received = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<RawClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new RawClient(connection);
  }

  /** Sends all commands at once and returns their replies in order, one character a byte. */
  async exchange(commands: readonly Command[]): Promise<string[]> {
    const request = bytesOf(commands.map(encode).join(""));
    const [, replies] = await Promise.all([this.#send(request), this.#receive(commands.length)]);
    return replies;
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async #receive(count: number): Promise<string[]> {
    const replies: string[] = [];
    let at = 0;
    while (replies.length < count) {
      const end = endOfReply(this.#received, at);
      if (end > 0) {
        replies.push(this.#received.slice(at, end));
        at = end;
        continue;
      }
      const size = await this.#connection.read(this.#chunk);
      if (size === null) {
        throw new Error(`the server closed after ${replies.length} of ${count} replies`);
      }
      this.#received = this.#received.slice(at) + textOf(this.#chunk.subarray(0, size));
      at = 0;
    }
    this.#received = this.#received.slice(at);
    return replies;
  }
}

/** The text with one character for each byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** The bytes whose text this is. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function encode(command: Command): string {
  const words = command.map((word) => word instanceof Uint8Array ? textOf(word) : String(word));
  return `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
}

/** Where the reply that starts at `at` ends, or -1 while it is not all there. */
function endOfReply(text: string, at: number): number {
  let open = 1;
  while (open > 0) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return -1;
    const type = text[at]!;
    const count = Number(text.slice(at + 1, lineEnd));
    at = lineEnd + 2;
    open--;
    if ("$=!".includes(type) && count >= 0) at += count + 2;
    else if ("*~>".includes(type) && count > 0) open += count;
    else if (type === "%") open += 2 * count;
    if (at > text.length) return -1;
  }
  return at;
}
