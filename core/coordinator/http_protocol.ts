/**
 * What a manager that serves its coordinator, and a program elsewhere that uses it, say to each other.
 *
 * ```text
 * POST   /sessions                 begins a session, answered by a SessionGrant
 * POST   /sessions/ID/heartbeat    says that the program lives
 * DELETE /sessions/ID              ends the session
 * GET    /sessions/ID/node         reads a node        ?path=
 * GET    /sessions/ID/children     reads names         ?path=
 * POST   /sessions/ID/node         creates a node      {path, data}
 * PUT    /sessions/ID/node         replaces its data   {path, data, version}
 * DELETE /sessions/ID/node         removes it          {path, version}
 * PUT    /sessions/ID/ephemeral    creates or replaces {path, data}
 * GET    /sessions/ID/news         server-sent events  ?path=&path=…
 * ```
 *
 * An **attachment** counts how often the program has lost the manager and found it again; each request
 * bears it. Once the manager has seen a higher one, it executes nothing that bears a lower one. So a
 * request that was given up, and still lies in some buffer, cannot come into force later.
 *
 * @module
 */

/** Where a manager serves its coordinator. */
export const COORDINATOR_PATH = "/api/v1/coordinator";

/** The header that bears the attachment. */
export const ATTACHMENT_HEADER = "x-codis-attachment";

/** What a session may be silent for before it is gone, milliseconds. */
export const SESSION_TTL_MS = { min: 500, default: 10_000, max: 120_000 } as const;

/** The stream of news says something at least this often, as a part of the session's TTL. */
export const NEWS_PER_TTL = 3;

/** A session that was begun. */
export interface SessionGrant {
  /** Its id; ephemeral nodes name it as their owner. */
  readonly id: string;
  /** How long it may be silent, milliseconds. */
  readonly ttlMs: number;
  /** Where the news begins: what changed later is told to whoever asks from here on. */
  readonly position: string;
}

/** An event of the stream of news; its id is the position after it. */
export type NewsEvent =
  /** Nodes that changed: its data is a JSON array of their paths. */
  | "changed"
  /** What changed since the position asked for is not known any more: anything may have. */
  | "missed"
  /** Nothing changed; the manager is still there. */
  | "still";

/** The part of a refusal that says what a conditional write found instead. */
export interface ConflictBody {
  /** The version that was named. */
  readonly expected: number | "absent";
  /** The version that is there. */
  readonly actual: number | "absent";
  /** The session that owns what is there. */
  readonly owner: string | null;
}

/** The body of every refusal. */
export interface RefusalBody {
  /** What was refused and why; the code `gone` says that the session is over. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string | null;
  };
  /** Only where a conditional write found something else. */
  readonly conflict?: ConflictBody;
}
