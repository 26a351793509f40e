/**
 * CLIENT: what a client may ask and tell about connections. Lists and kills reach the clients of all
 * workers.
 *
 * Texts are Redis's. Invariant: a client that kills itself still gets the reply.
 *
 * @module
 */

import { CLIENT_TYPES, type ClientFilter } from "./client_list.ts";
import { hasValidName, INVALID_NAME } from "./client_name.ts";
import type { LocalCall, LocalContext, LocalHandler } from "./local_call.ts";
import { lineOf } from "./worker_question.ts";

const SYNTAX_ERROR = "ERR syntax error";
const NO_SILENCE =
  "ERR CLIENT REPLY OFF and SKIP are not supported through the proxy: every request is answered";

/** Whom CLIENT KILL is to end. */
interface KillOrder {
  readonly filter: ClientFilter;
  readonly skipsCaller: boolean;
}

/** The handlers by name. */
export function clientHandlers(context: LocalContext): Record<string, LocalHandler> {
  return {
    "client|getname": ({ session, writer }) => {
      if (session.name === "") writer.nil();
      else writer.bulkLatin1(session.name);
    },
    "client|setname": ({ session, args, writer }) => {
      const name = args.text(2);
      if (!hasValidName(name)) return writer.error(INVALID_NAME);
      session.name = name;
      writer.ok();
    },
    "client|id": ({ session, writer }) => writer.integer(session.id),
    "client|info": ({ session, writer }) => writer.verbatim(lineOf(context, session), "txt"),
    "client|list": list,
    "client|kill": kill,
    "client|no-evict": ({ session, args, writer }) => {
      const word = args.word(2);
      if (word !== "on" && word !== "off") return writer.error(SYNTAX_ERROR);
      session.noEvict = word === "on";
      writer.ok();
    },
    "client|reply": ({ args, writer }) => {
      const word = args.word(2);
      if (word === "on") writer.ok();
      else writer.error(word === "off" || word === "skip" ? NO_SILENCE : SYNTAX_ERROR);
    },
  };
}

/** `CLIENT SETINFO`, which Redis has since 7.2 and clients send to any server. */
export function setInfo({ session, args, writer }: LocalCall): void {
  if (args.count !== 4) {
    return writer.error("ERR wrong number of arguments for 'client|setinfo' command");
  }
  const attribute = args.word(2);
  const value = args.text(3);
  if (attribute !== "lib-name" && attribute !== "lib-ver") {
    return writer.error(`ERR Unrecognized option '${args.text(2)}'`);
  }
  if (!hasValidName(value)) {
    return writer.error(
      `ERR ${attribute} cannot contain spaces, newlines or special characters.`,
    );
  }
  if (attribute === "lib-name") session.libraryName = value;
  else session.libraryVersion = value;
  writer.ok();
}

function list({ args, writer, askAll }: LocalCall): void {
  const filter = listFilterOf(args.textsFrom(2));
  if (typeof filter === "string") return writer.error(filter);
  askAll({ kind: "client-lines", filter }, (writer, answers) => {
    writer.verbatim(answers.map(({ lines }) => lines ?? "").join(""), "txt");
  });
}

/** The filter of `CLIENT LIST`'s arguments, or what is wrong with them. */
function listFilterOf(words: readonly string[]): ClientFilter | string {
  const option = words[0]?.toLowerCase();
  if (option === undefined) return {};
  if (option === "type" && words.length === 2) return typeFilterOf(words[1]!);
  if (option !== "id" || words.length < 2) return SYNTAX_ERROR;
  const ids = words.slice(1).map(clientIdOf);
  return ids.includes(0) ? "ERR Invalid client ID" : { ids };
}

function kill({ session: caller, args, writer, askAll }: LocalCall): void {
  const words = args.textsFrom(2);
  const isOldForm = words.length === 1;
  const order = isOldForm
    ? { filter: { address: words[0]! }, skipsCaller: false }
    : killOrderOf(words);
  if (typeof order === "string") return writer.error(order);
  const { filter, skipsCaller } = order;
  const spared = skipsCaller ? caller.id : 0;
  askAll({ kind: "kill-clients", filter, spared }, (writer, answers) => {
    const count = answers.reduce((sum, { killed }) => sum + (killed ?? 0), 0);
    if (!isOldForm) writer.integer(count);
    else if (count === 0) writer.error("ERR No such client");
    else writer.ok();
  });
}

/** What the pairs of words behind `CLIENT KILL` say, or what is wrong with them. */
function killOrderOf(words: readonly string[]): KillOrder | string {
  let filter: ClientFilter = {};
  let skipsCaller = true;
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1];
    if (value === undefined) return SYNTAX_ERROR;
    const option = words[at]!.toLowerCase();
    if (option === "skipme") {
      if (!/^(?:yes|no)$/i.test(value)) return SYNTAX_ERROR;
      skipsCaller = value.toLowerCase() === "yes";
      continue;
    }
    const condition = killConditionOf(option, value);
    if (typeof condition === "string") return condition;
    filter = { ...filter, ...condition };
  }
  return { filter, skipsCaller };
}

function killConditionOf(option: string, value: string): ClientFilter | string {
  switch (option) {
    case "id": {
      const id = clientIdOf(value);
      return id === 0 ? "ERR client-id should be greater than 0" : { ids: [id] };
    }
    case "addr":
      return { address: value };
    case "type":
      return typeFilterOf(value);
    case "user":
      return value === "default" ? { user: value } : `ERR No such user '${value}'`;
    default:
      return SYNTAX_ERROR;
  }
}

function typeFilterOf(type: string): ClientFilter | string {
  const known = CLIENT_TYPES.includes(type.toLowerCase());
  return known ? { type: type.toLowerCase() } : `ERR Unknown client type '${type}'`;
}

/** A client's id; 0 if it is none. */
function clientIdOf(text: string): number {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0;
}
