/**
 * Errors as the REST API says them: `{"error": {"code", "message", "hint"}}`.
 *
 * @module
 */

import { z } from "zod";
import {
  ConflictError,
  CoordinatorClosedError,
  CoordinatorUnavailableError,
} from "../core/coordinator/coordinator_error.ts";
import { TopologyError } from "../core/topology/topology.ts";
import { ManagerError, type ManagerErrorCode } from "./manager_error.ts";
import { ServerAnswerError } from "./server_wire.ts";

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: ManagerErrorCode;
    readonly message: string;
    readonly hint: string | null;
  };
}

/** The HTTP status of each kind of error. */
export const ERROR_STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  gone: 410,
  "too-large": 413,
  "unsupported-media-type": 415,
  internal: 500,
  unreachable: 502,
  unavailable: 503,
} as const satisfies Record<ManagerErrorCode, number>;

/** Returns any error as one that can be shown; what nobody expected is `internal`. */
export function shownError(error: unknown): ManagerError {
  if (error instanceof ManagerError) return error;
  if (error instanceof TopologyError) return new ManagerError("conflict", error.message);
  if (error instanceof z.ZodError) return new ManagerError("invalid", zodMessage(error));
  if (error instanceof ServerAnswerError) return new ManagerError("unreachable", error.message);
  if (error instanceof RangeError || error instanceof TypeError) {
    return new ManagerError("invalid", error.message);
  }
  if (error instanceof ConflictError) {
    return new ManagerError("conflict", error.message, "Somebody else changed it; try again");
  }
  if (error instanceof CoordinatorUnavailableError || error instanceof CoordinatorClosedError) {
    return new ManagerError("unavailable", error.message, "The proxies keep serving; try again");
  }
  return new ManagerError("internal", `Cannot finish the request: ${String(error)}`);
}

/** Returns the body of an error. */
export function errorBody({ code, message, hint }: ManagerError): ErrorBody {
  return { error: { code, message, hint } };
}

function zodMessage(error: z.ZodError): string {
  const issue = error.issues[0]!;
  const field = issue.path.length === 0 ? "the body" : `"${issue.path.join(".")}"`;
  return `Cannot read the request: ${field}: ${issue.message}`;
}
