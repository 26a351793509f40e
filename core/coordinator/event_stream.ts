/**
 * Server-sent events as they arrive, piece by piece.
 *
 * Invariant: an event is handed on once, when its empty line has come, however its text was cut.
 *
 * @module
 */

/** The longest event that is taken, characters. */
const EVENT_LENGTH_MAX = 4_000_000;

/** One event. */
export interface StreamEvent {
  /** Its kind; `message` if it names none. */
  readonly event: string;
  /** Its text. */
  readonly data: string;
  /** Its id, or else that of the last event that had one. */
  readonly id: string;
}

/** Reads one stream. */
export class EventStream {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";

  /**
   * Takes the next piece of text and returns the events that it completes.
   *
   * @throws {RangeError} if an event is too long.
   */
  take(text: string): StreamEvent[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    if (this.#rest.length > EVENT_LENGTH_MAX) {
      throw new RangeError(`Cannot read an event of over ${EVENT_LENGTH_MAX} characters`);
    }
    const events: StreamEvent[] = [];
    for (const line of lines) {
      const event = this.#takeLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #takeLine(line: string): StreamEvent | null {
    if (line === "") return this.#finish();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (field === "event") this.#event = value!;
    else if (field === "data") this.#data.push(value!);
    else if (field === "id") this.#id = value!;
    return null;
  }

  #finish(): StreamEvent | null {
    const found = this.#event !== "" || this.#data.length > 0;
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    this.#event = "";
    this.#data = [];
    return found ? event : null;
  }
}
