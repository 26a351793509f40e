/**
 * The ACL users that Codis makes at stock servers: who may be told apart there can be shut out there.
 *
 * Each proxy process logs in as `codis-<id>-<boot>-<login>`, each leader as `codis-mgr-<leaderEpoch>`
 * (PROTOCOL rules 28 and 30). A login is numbered: after one was given up the next has another name, so
 * that what the older one sent, and the server has not read yet, can never be taken for the newer's.
 *
 * @module
 */

import { type ControlCommand, isErrorReply } from "./control_client.ts";
import type { Reply } from "./resp/decode_reply.ts";

/** Whose user it is. */
export type StockUser =
  /** A proxy process, and which of its logins. */
  | { readonly kind: "proxy"; readonly boot: string; readonly login: number }
  /** A leader. */
  | { readonly kind: "manager"; readonly leaderEpoch: number };

/** A user to be made, or to log in as. */
export interface StockLogin {
  /** Its name. */
  readonly user: string;
  /** Its password. */
  readonly password: string;
}

/** What a stock server says of its users. */
export interface StockUsers {
  /** All their names. */
  readonly names: readonly string[];
  /** Whether whoever connects may do anything without a password. */
  readonly isOpen: boolean;
}

/** Everything that clients may want through a proxy, and `MIGRATE`; nothing that changes the server. */
export const PROXY_RIGHTS: readonly string[] = ["~*", "+@all", "-@admin"];

/** What a leader does to keys, and what `MIGRATE` does in its name at the target. */
export const MANAGER_RIGHTS: readonly string[] = [
  "~*",
  "-@all",
  "+ping",
  "+scan",
  "+unlink",
  "+migrate",
  "+restore",
  "+select",
];

/** Returns the name of a proxy's user; what Redis does not take in a name becomes `_`. */
export function proxyUserName(
  proxy: { readonly id: string; readonly boot: string },
  login: number,
): string {
  return `codis-${proxy.id.replaceAll(/[^\w.-]/g, "_")}-${proxy.boot}-${login}`;
}

/** Returns the name of a leader's user. */
export function managerUserName(leaderEpoch: number): string {
  return `codis-mgr-${leaderEpoch}`;
}

/** Returns whose user a name is; null if Codis did not make it. */
export function stockUserOf(name: string): StockUser | null {
  const manager = /^codis-mgr-(\d+)$/.exec(name);
  if (manager !== null) return { kind: "manager", leaderEpoch: Number(manager[1]) };
  const proxy = /^codis-.+-([0-9a-f]{16})-(\d+)$/.exec(name);
  if (proxy === null) return null;
  return { kind: "proxy", boot: proxy[1]!, login: Number(proxy[2]) };
}

/** Returns the users that `ACL LIST` answered with; null if it is no such answer. */
export function readUsers(reply: Reply): StockUsers | null {
  if (isErrorReply(reply) || !Array.isArray(reply)) return null;
  const lines = reply.map((line) => line instanceof Uint8Array ? decoder.decode(line) : `${line}`);
  const users = lines.map((line) => line.split(" ")).filter(([word]) => word === "user");
  const open = users.find(([, name]) => name === "default");
  return {
    names: users.map(([, name]) => name!),
    isOpen: open !== undefined && open.includes("on") && open.includes("nopass"),
  };
}

/** Returns the command that makes a user, or gives it another password. */
export function makeUserCommand(login: StockLogin, rights: readonly string[]): ControlCommand {
  return ["ACL", "SETUSER", login.user, "reset", "on", `>${login.password}`, ...rights];
}

/**
 * Returns what shuts a user out: it can log in no more, its connections are closed with all that was
 * not read from them, and it is forgotten. Where the server is open to everyone, connections that
 * have not logged in yet are closed, too: a `MIGRATE` that another server sent in the user's name does
 * not wait for the answer to its `AUTH`, and would be executed in spite of a refusal.
 */
export function shutOutCommands(users: StockUsers, user: string): ControlCommand[] {
  return [
    ["ACL", "SETUSER", user, "off"],
    ["CLIENT", "KILL", "USER", user],
    ...users.isOpen ? [KILL_UNKNOWN] : [],
    ["ACL", "DELUSER", user],
  ];
}

/** Returns what closes the connections of a user who may log in again, and those about to log in. */
export function killCommands(user: string): ControlCommand[] {
  return [["CLIENT", "KILL", "USER", user], KILL_UNKNOWN];
}

/** Closes the connections that have not logged in. */
export const KILL_UNKNOWN: ControlCommand = [
  "CLIENT",
  "KILL",
  "TYPE",
  "normal",
  "USER",
  "default",
];

const decoder = new TextDecoder();
