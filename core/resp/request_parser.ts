/**
 * Finds the requests in a connection's bytes: where each starts and ends, and where its arguments
 * lie. The server and the proxy share it, one parser per worker.
 *
 * Nothing is copied or decoded: an argument is a pair of offsets into the bytes the request came in.
 * What is accepted, what is refused and with which text is redis-server 7.0's, including that the
 * two bytes behind a bulk and the one behind a CR are skipped unseen.
 *
 * Invariant: what is allocated grows with the bytes received, never with a length announced.
 *
 * @module
 */

import { decimalOf } from "./decimal.ts";
import { InlineRequest } from "./inline_request.ts";

/** `parse` needs more bytes. */
export const REQUEST_INCOMPLETE = 0;
/** `parse` found a request. */
export const REQUEST_READY = 1;
/** `parse` found bytes that are no request: reply `error` and close the connection. */
export const REQUEST_ERROR = 2;

/** What `parse` returns. */
export type RequestStatus =
  | typeof REQUEST_INCOMPLETE
  | typeof REQUEST_READY
  | typeof REQUEST_ERROR;

/** A request without arguments (`*0`, an empty line) was skipped, as Redis does: look on. */
const REQUEST_EMPTY = -1;

/** The maxima of one request; each defaults to Redis's. */
export interface RequestLimits {
  /** The longest argument (`proto-max-bulk-len`). @default 512 MiB */
  bulkBytesMax?: number;
  /** The largest announced number of arguments. @default 2147483647 */
  argumentCountMax?: number;
  /** The longest inline command and header line that may stay unterminated. @default 64 KiB */
  inlineBytesMax?: number;
}

/** The largest number of arguments of a client that has not authenticated. */
const UNAUTHENTICATED_ARGUMENT_COUNT_MAX = 10;
/** The longest argument of a client that has not authenticated. */
const UNAUTHENTICATED_BULK_BYTES_MAX = 16384;

const ARGS_INITIAL = 128;
/** An argument table larger than this is dropped after the request that needed it. */
const ARGS_KEPT = 65536;

/** From this much work on, going on where it stopped is cheaper than scanning again. */
const SUSPEND_ARGUMENT_COUNT = 32;
const SUSPEND_LINE_BYTES = 1024;

const CR = 0x0d;
const LF = 0x0a;
const ASTERISK = 0x2a;
const DOLLAR = 0x24;
const ZERO = 0x30;

/**
 * A request of which only a part has arrived; made by `suspend`, taken by `resume`.
 *
 * Every offset counts from the request's first byte, so the bytes may move in between.
 */
export interface PartialRequest {
  /** The argument ranges found so far. */
  args: Int32Array;
  /** How many arguments were found. */
  argumentCount: number;
  /** How many arguments the header announced, 0 if the header has not been read. */
  announced: number;
  /** Where the first part not understood yet starts. */
  position: number;
  /** Before this offset the line at `position` does not end. */
  searched: number;
}

/**
 * Parses requests, one per call of `parse`.
 *
 * The fields describe the request last found and hold until the next call.
 */
export class RequestParser {
  /** `[start0, end0, start1, end1, …]`: where the arguments lie in `bytes`; may be longer. */
  args: Int32Array = new Int32Array(ARGS_INITIAL);
  /** How many arguments the request has; at least 1 when it is ready. */
  argumentCount = 0;
  /** The bytes that the offsets point into: the input, or a scratch buffer for an inline command. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the request starts in `bytes`, always as a RESP array: the range may be forwarded. */
  requestStart = 0;
  /** Where the request ends in `bytes`. */
  requestEnd = 0;
  /** The input offset behind the request; where the unfinished request starts if incomplete. */
  consumed = 0;
  /** What Redis replies behind `-ERR `, one character per byte, after `REQUEST_ERROR`. */
  error = "";
  /** Whether the client may send more than Redis takes from a stranger; set it before `parse`. */
  authenticated = true;
  /** After `REQUEST_INCOMPLETE`: so much was scanned that `suspend` pays. */
  worthSuspending = false;

  readonly #bulkBytesMax: number;
  readonly #argumentCountMax: number;
  readonly #inlineBytesMax: number;
  readonly #inline = new InlineRequest();
  /** Absolute offsets of the unfinished request; see `PartialRequest`. */
  #announced = 0;
  #position = 0;
  #searched = 0;
  /** Where the payload of the header last read starts. */
  #payload = 0;
  /** The request that goes on, and the parser's own table while the request's is in `args`. */
  #partial: PartialRequest | undefined;
  #spare: Int32Array | undefined;
  #resumed = false;

  /** Makes a parser with Redis's limits, or those given. */
  constructor(limits: RequestLimits = {}) {
    this.#bulkBytesMax = limits.bulkBytesMax ?? 512 * 1024 * 1024;
    this.#argumentCountMax = limits.argumentCountMax ?? 0x7fffffff;
    this.#inlineBytesMax = limits.inlineBytesMax ?? 64 * 1024;
  }

  /**
   * Looks for the first request in `bytes[start, end)`.
   *
   * Requests without arguments are skipped silently; `consumed` is behind them. After `resume`,
   * `start` must be where the suspended request starts now.
   */
  parse(bytes: Uint8Array, start: number, end: number): RequestStatus {
    if (this.#resumed) return this.#parseResumed(bytes, start, end);
    this.#partial = undefined;
    if (this.args.length > ARGS_KEPT) this.args = new Int32Array(ARGS_INITIAL);
    let position = start;
    for (;;) {
      const status = this.#parseFresh(bytes, position, end);
      if (status !== REQUEST_EMPTY) return status;
      position = this.consumed;
    }
  }

  /**
   * Takes the unfinished request out of the parser after `REQUEST_INCOMPLETE`.
   *
   * Keep its bytes from `consumed` on. A request that was resumed is returned in the same object,
   * so that suspending again and again costs neither memory nor time.
   */
  suspend(): PartialRequest {
    let partial = this.#partial;
    if (partial === undefined) {
      for (let at = 0; at < 2 * this.argumentCount; at++) this.args[at]! -= this.consumed;
      partial = { args: this.args, argumentCount: 0, announced: 0, position: 0, searched: 0 };
    }
    partial.args = this.args;
    partial.argumentCount = this.argumentCount;
    partial.announced = this.#announced;
    partial.position = this.#position - this.consumed;
    partial.searched = this.#searched - this.consumed;
    this.#partial = undefined;
    this.args = this.#spare ?? new Int32Array(ARGS_INITIAL);
    this.#spare = undefined;
    return partial;
  }

  /** Lets the next `parse` go on with `partial`, which the parser owns from here on. */
  resume(partial: PartialRequest): void {
    this.#spare = this.args;
    this.args = partial.args;
    this.#partial = partial;
    this.#resumed = true;
  }

  #parseResumed(bytes: Uint8Array, start: number, end: number): RequestStatus {
    const partial = this.#partial!;
    this.#resumed = false;
    this.consumed = start;
    this.argumentCount = partial.argumentCount;
    this.#announced = partial.announced;
    this.#searched = start + partial.searched;
    const position = start + partial.position;
    const status = partial.announced > 0
      ? this.#parseArguments(bytes, position, end, start)
      : this.#parseUnannounced(bytes, position, end, start);
    if (status === REQUEST_INCOMPLETE) return status;
    this.#partial = undefined;
    this.#spare = undefined;
    if (status === REQUEST_EMPTY) return this.parse(bytes, this.consumed, end);
    // The ranges were kept relative so that no resumption had to move them all; now once.
    if (status === REQUEST_READY && this.bytes === bytes) {
      for (let at = 0; at < 2 * this.argumentCount; at++) this.args[at]! += start;
    }
    return status;
  }

  #parseFresh(bytes: Uint8Array, start: number, end: number): RequestStatus | -1 {
    this.consumed = start;
    this.argumentCount = 0;
    this.#announced = 0;
    this.#searched = start;
    if (start + 4 <= end && bytes[start] === ASTERISK && bytes[start + 2] === CR) {
      const count = bytes[start + 1]! - ZERO;
      if (count > 0 && count <= 9 && count <= this.#argumentCountMax) {
        this.#announced = count;
        return this.#parseArguments(bytes, start + 4, end, 0);
      }
    }
    return this.#parseUnannounced(bytes, start, end, 0);
  }

  /** Goes on with a request of which not even the first line has been understood. */
  #parseUnannounced(
    bytes: Uint8Array,
    start: number,
    end: number,
    origin: number,
  ): RequestStatus | -1 {
    if (start >= end) return this.#incomplete(start);
    if (bytes[start] !== ASTERISK) return this.#parseInline(bytes, start, end);

    const lineEnd = this.#findLineEnd(bytes, start, end, CR);
    if (lineEnd < 0) return this.#unterminated(start, end, "too big mbulk count string");
    if (lineEnd + 1 >= end) return this.#incomplete(start);
    const count = decimalOf(bytes, start + 1, lineEnd);
    if (!(count <= this.#argumentCountMax)) return this.#fail("invalid multibulk length");
    if (count > UNAUTHENTICATED_ARGUMENT_COUNT_MAX && !this.authenticated) {
      return this.#fail("unauthenticated multibulk length");
    }
    if (count <= 0) {
      this.consumed = lineEnd + 2;
      return REQUEST_EMPTY;
    }
    this.#announced = count;
    this.#searched = lineEnd + 2;
    return this.#parseArguments(bytes, lineEnd + 2, end, origin);
  }

  /** The hot loop; `origin` is what the stored offsets count from. */
  #parseArguments(
    bytes: Uint8Array,
    position: number,
    end: number,
    origin: number,
  ): RequestStatus {
    let args = this.args;
    let filled = 2 * this.argumentCount;
    const wanted = 2 * this.#announced;
    while (filled < wanted) {
      const length = this.#readBulkHeader(bytes, position, end);
      const payload = this.#payload;
      if (length < 0 || payload + length + 2 > end) {
        this.argumentCount = filled / 2;
        return length === HEADER_INVALID ? REQUEST_ERROR : this.#incomplete(position);
      }
      if (filled === args.length) args = this.#growArgs();
      args[filled] = payload - origin;
      args[filled + 1] = payload + length - origin;
      filled += 2;
      position = payload + length + 2;
    }
    this.argumentCount = this.#announced;
    this.bytes = bytes;
    this.requestStart = this.consumed;
    this.requestEnd = position;
    this.consumed = position;
    return REQUEST_READY;
  }

  /** Returns the length that a whole `$n` line announces and sets `#payload`, or a negative code. */
  #readBulkHeader(bytes: Uint8Array, position: number, end: number): number {
    if (position + 5 > end || bytes[position] !== DOLLAR) {
      return this.#readOddBulkHeader(bytes, position, end);
    }
    let length = bytes[position + 1]! - ZERO;
    let cursor = position + 2;
    let byte = bytes[cursor]!;
    if (byte !== CR) {
      // 0 and what is no digit leave here; the two following digits cover lengths up to 999.
      if (length < 1 || length > 9 || byte < ZERO || byte > 0x39) {
        return this.#readOddBulkHeader(bytes, position, end);
      }
      length = length * 10 + byte - ZERO;
      byte = bytes[++cursor]!;
      if (byte >= ZERO && byte <= 0x39) {
        length = length * 10 + byte - ZERO;
        byte = bytes[++cursor]!;
      }
      if (byte !== CR || cursor + 2 > end || length > this.#bulkBytesMax) {
        return this.#readOddBulkHeader(bytes, position, end);
      }
    } else if (length < 0 || length > 9 || length > this.#bulkBytesMax) {
      return this.#readOddBulkHeader(bytes, position, end);
    }
    this.#payload = cursor + 2;
    return length;
  }

  /** As `#readBulkHeader`, for long, incomplete and invalid lines. */
  #readOddBulkHeader(bytes: Uint8Array, position: number, end: number): number {
    const lineEnd = this.#findLineEnd(bytes, position, end, CR);
    if (lineEnd < 0) {
      const status = this.#unterminated(position, end, "too big bulk count string");
      return status === REQUEST_ERROR ? HEADER_INVALID : HEADER_INCOMPLETE;
    }
    if (lineEnd + 1 >= end) return HEADER_INCOMPLETE;
    const marker = bytes[position]!;
    if (marker !== DOLLAR) {
      // A line break must not get into the reply's own line.
      const got = marker === CR || marker === LF ? " " : String.fromCharCode(marker);
      this.#fail(`expected '$', got '${got}'`);
      return HEADER_INVALID;
    }
    const length = decimalOf(bytes, position + 1, lineEnd);
    if (!(length >= 0 && length <= this.#bulkBytesMax)) {
      this.#fail("invalid bulk length");
      return HEADER_INVALID;
    }
    if (length > UNAUTHENTICATED_BULK_BYTES_MAX && !this.authenticated) {
      this.#fail("unauthenticated bulk length");
      return HEADER_INVALID;
    }
    this.#payload = lineEnd + 2;
    return length;
  }

  #parseInline(bytes: Uint8Array, start: number, end: number): RequestStatus | -1 {
    const lineFeed = this.#findLineEnd(bytes, start, end, LF);
    if (lineFeed < 0) return this.#unterminated(start, end, "too big inline request");
    const lineEnd = lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
    const count = this.#inline.split(bytes, start, lineEnd);
    if (count < 0) return this.#fail("unbalanced quotes in request");
    if (count > 0 && this.#inline.isHttp) return this.#fail("this is not HTTP");
    this.consumed = lineFeed + 1;
    if (count === 0) return REQUEST_EMPTY;
    while (this.args.length < 2 * count) this.#growArgs();
    this.requestStart = 0;
    this.requestEnd = this.#inline.encode(this.args);
    this.bytes = this.#inline.bytes;
    this.argumentCount = count;
    return REQUEST_READY;
  }

  /**
   * Returns where the first `terminator` is, or -1.
   *
   * Redis looks with `strchr`, so behind a NUL it never finds one: such a line only ends by growing
   * too long, and so it does here.
   */
  #findLineEnd(bytes: Uint8Array, start: number, end: number, terminator: number): number {
    let position = start > this.#searched ? start : this.#searched;
    while (position < end) {
      const byte = bytes[position]!;
      if (byte === terminator) {
        this.#searched = position;
        return position;
      }
      if (byte === 0) break;
      position++;
    }
    this.#searched = position;
    return -1;
  }

  #unterminated(start: number, end: number, tooBig: string): RequestStatus {
    return end - start > this.#inlineBytesMax ? this.#fail(tooBig) : this.#incomplete(start);
  }

  #incomplete(position: number): RequestStatus {
    this.#position = position;
    this.worthSuspending = this.argumentCount > SUSPEND_ARGUMENT_COUNT ||
      this.#searched - position > SUSPEND_LINE_BYTES;
    return REQUEST_INCOMPLETE;
  }

  #fail(reason: string): RequestStatus {
    this.error = `Protocol error: ${reason}`;
    return REQUEST_ERROR;
  }

  #growArgs(): Int32Array {
    const grown = new Int32Array(2 * this.args.length);
    grown.set(this.args);
    this.args = grown;
    return grown;
  }
}

const HEADER_INCOMPLETE = -1;
const HEADER_INVALID = -2;
