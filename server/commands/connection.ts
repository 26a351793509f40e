/**
 * Commands on the client's own connection.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { ServerSettings } from "../server_state.ts";
import type { Session } from "../session.ts";
import { leaveTransaction } from "../transactions.ts";
import { clientNameOf } from "./client_name.ts";
import { REDIS_VERSION } from "./redis_version.ts";

const NO_PASSWORD_SET =
  "ERR AUTH <password> called without any password configured for the default user. " +
  "Are you sure your configuration is correct?";
const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
const HELLO_WITHOUT_AUTH =
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO " +
  "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol " +
  "version at the same time";

/** The commands of this file. */
export const CONNECTION_HANDLERS: Handlers = { auth, echo, hello, ping, quit, reset, select };

function ping(call: Call): void {
  if (call.argumentCount > 2) {
    throw new CommandError("ERR wrong number of arguments for 'ping' command");
  }
  if (call.argumentCount === 1) call.reply.simple("PONG");
  else call.reply.bulk(call.bytes, call.start(1), call.end(1));
}

function echo(call: Call): void {
  call.reply.bulk(call.bytes, call.start(1), call.end(1));
}

function quit(call: Call): void {
  call.session.closing = true;
  call.reply.ok();
}

function select(call: Call): void {
  const number = call.integer(1);
  if (number > 0x7fffffff || number < -0x80000000) {
    throw new CommandError(
      "ERR value is out of range, value must between -2147483648 and 2147483647",
    );
  }
  if (number < 0 || number >= call.keyspace.databaseCount) {
    throw new CommandError(ERROR.invalidDatabase);
  }
  call.session.database = call.keyspace.database(number);
  call.reply.ok();
}

function auth(call: Call): void {
  if (call.argumentCount > 3) throw new CommandError(ERROR.syntax);
  const { settings } = call.server;
  if (call.argumentCount === 2 && settings.requirePassword === "") {
    throw new CommandError(NO_PASSWORD_SET);
  }
  const user = call.argumentCount === 3 ? call.text(1) : "default";
  logIn(call.session, settings, { user, password: utf8Of(call, call.argumentCount - 1) });
  call.reply.ok();
}

function hello(call: Call): void {
  const { session, reply } = call;
  const protocol = call.argumentCount > 1 ? protocolOf(call) : session.protocol;
  const options = helloOptionsOf(call);
  if (options.password !== undefined) {
    logIn(session, call.server.settings, { user: options.user!, password: options.password });
  }
  if (!session.authenticated) throw new CommandError(HELLO_WITHOUT_AUTH);
  if (options.name !== undefined) session.name = options.name;
  session.protocol = protocol;
  reply.protocol = protocol;
  reply.map(7);
  reply.bulkText("server");
  reply.bulkText("redis");
  reply.bulkText("version");
  reply.bulkText(REDIS_VERSION);
  reply.bulkText("proto");
  reply.integer(protocol);
  reply.bulkText("id");
  reply.integer(session.id);
  reply.bulkText("mode");
  reply.bulkText("standalone");
  reply.bulkText("role");
  reply.bulkText("master");
  reply.bulkText("modules");
  reply.array(0);
}

function protocolOf(call: Call): 2 | 3 {
  const version = call.integer(1, "ERR Protocol version is not an integer or out of range");
  if (version !== 2 && version !== 3) {
    throw new CommandError("NOPROTO unsupported protocol version");
  }
  return version;
}

function helloOptionsOf(call: Call): { user?: string; password?: string; name?: string } {
  const options: { user?: string; password?: string; name?: string } = {};
  for (let i = 2; i < call.argumentCount; i++) {
    const option = call.word(i);
    const following = call.argumentCount - 1 - i;
    if (option === "auth" && following >= 2) {
      options.user = call.text(++i);
      options.password = utf8Of(call, ++i);
    } else if (option === "setname" && following >= 1) {
      options.name = clientNameOf(call, ++i);
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${call.text(i)}'`);
    }
  }
  return options;
}

function reset(call: Call): void {
  const { session, reply } = call;
  leaveTransaction(call);
  forgetChoices(session, call.keyspace, call.server.settings);
  reply.protocol = 2;
  reply.simple("RESET");
}

/** Puts a session back to what it was when its client connected. */
function forgetChoices(session: Session, keyspace: Keyspace, settings: ServerSettings): void {
  session.database = keyspace.database(0);
  session.authenticated = settings.requirePassword === "";
  session.protocol = 2;
  session.name = "";
  session.replies = "on";
  session.noEvict = false;
  session.slots = undefined;
}

/**
 * Logs a session in. There is one user, `default`; without a password it takes any.
 *
 * @throws {CommandError} WRONGPASS.
 */
function logIn(
  session: Session,
  { requirePassword }: ServerSettings,
  { user, password }: { user: string; password: string },
): void {
  const matches = requirePassword === "" || isSameSecret(password, requirePassword);
  if (user !== "default" || !matches) throw new CommandError(WRONG_PASSWORD);
  session.authenticated = true;
}

/** Compares in a time that does not tell how much of a guess is right. */
function isSameSecret(guess: string, secret: string): boolean {
  let difference = guess.length ^ secret.length;
  for (let i = 0; i < guess.length; i++) {
    difference |= guess.charCodeAt(i) ^ secret.charCodeAt(i % secret.length);
  }
  return difference === 0;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Passwords come from settings as text, so they are compared as text. */
function utf8Of(call: Call, index: number): string {
  return utf8.decode(call.bytes.subarray(call.start(index), call.end(index)));
}
