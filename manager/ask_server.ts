/**
 * One question to one server, on a connection of its own.
 *
 * @module
 */

import { parseAddress } from "../core/address.ts";
import {
  ControlClient,
  type ControlCommand,
  ControlConnectionError,
  type Credentials,
} from "../core/control_client.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import { ManagerError } from "./manager_error.ts";

const TIMEOUT_MS = 2000;

/** Where to ask, and as whom. */
export interface Question {
  /** `host:port`. */
  readonly addr: string;
  readonly credentials: Credentials | undefined;
}

/**
 * Returns the reply of a server; an error reply is a value.
 *
 * @throws {ManagerError} `unreachable` if there is no reply in two seconds.
 */
export async function askServer(question: Question, command: ControlCommand): Promise<Reply> {
  const { addr, credentials } = question;
  try {
    using client = await ControlClient.connect(parseAddress(addr), {
      credentials,
      connectTimeoutMs: TIMEOUT_MS,
      replyTimeoutMs: TIMEOUT_MS,
    });
    return await client.call(command);
  } catch (error) {
    if (!(error instanceof ControlConnectionError)) throw error;
    throw new ManagerError(
      "unreachable",
      error.message,
      "Check the address, and that the server is running",
    );
  }
}
