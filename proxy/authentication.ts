/**
 * AUTH, HELLO and RESET: who the client is, and which protocol it speaks.
 *
 * There is one user, `default`. A change of the protocol also changes the connections that the
 * session's requests go over, so it waits until none is unanswered. Texts are Redis's.
 *
 * Invariant: a request never overtakes an older one of its session by way of a change of protocol.
 *
 * @module
 */

import { SERVER_VERSION } from "./served_version.ts";
import { hasValidName, INVALID_NAME } from "./client_name.ts";
import type { LocalCall } from "./local_call.ts";
import type { Session } from "./session.ts";

const NO_PASSWORD =
  "ERR AUTH <password> called without any password configured for the default user. Are you sure " +
  "your configuration is correct?";
const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
const LOG_IN_FIRST =
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " +
  "<user> <pass> option can be used to authenticate the client and select the RESP protocol " +
  "version at the same time";
const encoder = new TextEncoder();

/** Decides who may log in. */
export class Authentication {
  readonly #password: Uint8Array;

  /** `password` of the user `default`; empty: none is needed. */
  constructor(password: string) {
    this.#password = encoder.encode(password);
  }

  /** `AUTH [user] password`. */
  auth({ session, args, writer }: LocalCall): void {
    if (args.count > 3) return writer.error("ERR syntax error");
    if (args.count === 2 && this.#password.length === 0) return writer.error(NO_PASSWORD);
    const user = args.count === 2 ? "default" : args.text(1);
    if (!this.#logIn(session, user, args.bytes(args.count - 1))) {
      return writer.error(WRONG_PASSWORD);
    }
    writer.ok();
  }

  /** `HELLO [protocol [AUTH user password] [SETNAME name]]`. */
  hello(call: LocalCall): void {
    const { session, args, writer } = call;
    const protocol = args.count > 1 ? args.integer(1) : session.protocol;
    if (Number.isNaN(protocol)) {
      return writer.error("ERR Protocol version is not an integer or out of range");
    }
    if (protocol !== 2 && protocol !== 3) {
      return writer.error("NOPROTO unsupported protocol version");
    }
    const error = this.#applyOptions(call);
    if (error !== undefined) return writer.error(error);
    if (!session.authenticated) return writer.error(LOG_IN_FIRST);
    session.protocol = writer.protocol = protocol;
    writeGreeting(call);
  }

  /** `RESET`: as if the client had connected anew. */
  reset({ session, writer }: LocalCall): void {
    session.protocol = 2;
    session.name = "";
    session.noEvict = false;
    session.authenticated = this.#password.length === 0;
    writer.simple("RESET");
  }

  /** The options of HELLO, each in force before the next is looked at. Returns what is wrong. */
  #applyOptions({ session, args }: LocalCall): string | undefined {
    for (let at = 2; at < args.count; at++) {
      const following = args.count - 1 - at;
      const option = args.word(at);
      if (option === "auth" && following >= 2) {
        if (!this.#logIn(session, args.text(at + 1), args.bytes(at + 2))) return WRONG_PASSWORD;
        at += 2;
      } else if (option === "setname" && following >= 1) {
        const name = args.text(at + 1);
        if (!hasValidName(name)) return INVALID_NAME;
        session.name = name;
        at++;
      } else {
        return `ERR Syntax error in HELLO option '${args.text(at)}'`;
      }
    }
    return undefined;
  }

  #logIn(session: Session, user: string, password: Uint8Array): boolean {
    const isRight = this.#password.length === 0 || sameBytes(password, this.#password);
    if (user !== "default" || !isRight) return false;
    session.authenticated = true;
    return true;
  }
}

/** True if the reply to a HELLO or RESET would change the protocol of a session that is still busy. */
export function mustWaitForProtocol(session: Session, protocol: number): boolean {
  return session.count > 0 && protocol !== session.protocol;
}

function writeGreeting({ session, writer }: LocalCall): void {
  writer.map(7);
  writer.bulkText("server");
  writer.bulkText("redis");
  writer.bulkText("version");
  writer.bulkText(SERVER_VERSION);
  writer.bulkText("proto");
  writer.integer(session.protocol);
  writer.bulkText("id");
  writer.integer(session.id);
  writer.bulkText("mode");
  writer.bulkText("standalone");
  writer.bulkText("role");
  writer.bulkText("master");
  writer.bulkText("modules");
  writer.array(0);
}

/** Compares in a time that does not tell where the first difference is. */
function sameBytes(given: Uint8Array, expected: Uint8Array): boolean {
  let difference = given.length ^ expected.length;
  for (let at = 0; at < given.length; at++) {
    difference |= given[at]! ^ (expected[at % expected.length] ?? 0);
  }
  return difference === 0;
}
