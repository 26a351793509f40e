/**
 * `server …`, `proxy …` and `topology …` of the command line.
 *
 * @module
 */

import { parseAddress } from "../core/address.ts";
import { integerOf, UsageError } from "../core/command_line.ts";
import { entryText } from "../core/topology/diff_topology.ts";
import { GROUP_ID_MAX, type Topology } from "../core/topology/topology.ts";
import { type CliInput, type CliVerb, print, requireWords } from "./cli_io.ts";
import type { GroupView, ServerView } from "./group_use_cases.ts";
import type { ProxyView } from "./proxy_use_cases.ts";
import { tableText } from "./table_text.ts";

/** The verbs about groups and servers. */
export const SERVER_VERBS: Readonly<Record<string, CliVerb>> = {
  "add-group": {
    usage: "G [--stock]",
    summary: "Add an empty group; --stock: of Redis or Valkey servers",
    flags: ["stock"],
    read(input) {
      const [group] = requireWords(input, ["the group"]);
      const body = { id: readGroup(group!), kind: input.stock ? "stock" : "codis-server" };
      return async (context) => {
        const view = await context.api.change<GroupView>("POST", "/groups", body);
        return print(context, view, () => `Added group ${body.id}.\n`);
      };
    },
  },
  "remove-group": {
    usage: "G",
    summary: "Remove a group that owns no slot",
    read(input) {
      const group = readGroup(requireWords(input, ["the group"])[0]!);
      return async (context) => {
        const answer = await context.api.change("DELETE", `/groups/${group}`);
        return print(context, answer, () => `Removed group ${group}.\n`);
      };
    },
  },
  "add": {
    usage: "G HOST:PORT [master|replica]",
    summary: "Add a running server to a group; the first is its master",
    read(input) {
      const words = requireWords(input, ["the group", "the address", "the role"], 1);
      const [group, addr, role] = [readGroup(words[0]!), readAddress(words[1]!), words[2]];
      if (role !== undefined && role !== "master" && role !== "replica") {
        throw new UsageError(`the role is "${role}": wanted master or replica`);
      }
      return async (context) => {
        const path = `/groups/${group}/servers`;
        const view = await context.api.change<GroupView>("POST", path, { addr, role });
        const added = view.servers.at(-1)!;
        return print(
          context,
          view,
          () => `Added ${added.addr} to group ${group} as ${added.role}.\n`,
        );
      };
    },
  },
  "remove": {
    usage: "G HOST:PORT",
    summary: "Remove a replica, or the last server of a group without slots",
    read(input) {
      const words = requireWords(input, ["the group", "the address"]);
      const [group, addr] = [readGroup(words[0]!), readAddress(words[1]!)];
      return async (context) => {
        const path = `/groups/${group}/servers/${encodeURIComponent(addr)}`;
        const view = await context.api.change<GroupView>("DELETE", path);
        return print(context, view, () => `Removed ${addr} from group ${group}.\n`);
      };
    },
  },
  "list": {
    usage: "",
    summary: "List groups, their servers and slots",
    read(input) {
      requireWords(input, []);
      return async (context) =>
        print(context, await context.api.get<GroupView[]>("/groups"), groupsText);
    },
  },
};

/** The verbs about proxies. */
export const PROXY_VERBS: Readonly<Record<string, CliVerb>> = {
  "list": {
    usage: "",
    summary: "List the proxies that are running",
    read(input) {
      requireWords(input, []);
      return async (context) =>
        print(context, await context.api.get<ProxyView[]>("/proxies"), proxiesText);
    },
  },
  "online": {
    usage: "ID",
    summary: "Let a proxy serve",
    read: (input) => wantProxy(input, "online"),
  },
  "offline": {
    usage: "ID",
    summary: "Let a proxy take no new clients and let the present ones go",
    read: (input) => wantProxy(input, "offline"),
  },
};

/** The verbs about the topology. */
export const TOPOLOGY_VERBS: Readonly<Record<string, CliVerb>> = {
  "show": {
    usage: "",
    summary: "Show who owns what, and what is moving",
    read(input) {
      requireWords(input, []);
      return async (context) =>
        print(context, await context.api.get<Topology>("/topology"), topologyText);
    },
  },
};

/** Reads a group's number. @throws {UsageError} */
export function readGroup(word: string): number {
  return integerOf("the group", word, 1, GROUP_ID_MAX);
}

function readAddress(word: string): string {
  try {
    parseAddress(word);
    return word;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wantProxy(input: CliInput, wanted: "online" | "offline"): ReturnType<CliVerb["read"]> {
  const id = requireWords(input, ["the proxy's id"])[0]!;
  return async (context) => {
    const answer = await context.api.change("PUT", `/proxies/${encodeURIComponent(id)}`, {
      wanted,
    });
    return print(context, answer, () => `Proxy ${id} is to be ${wanted}.\n`);
  };
}

function groupsText(groups: readonly GroupView[]): string {
  if (groups.length === 0) return "No group yet. Add one: server add-group 1\n";
  const rows = groups.flatMap((group) => {
    const head = [String(group.id), kindText(group)];
    const tail = [String(group.slots.count), group.slots.text];
    if (group.servers.length === 0) return [[...head, "-", "-", "no server", ...tail]];
    return group.servers.map((server, index) => [
      ...(index === 0 ? head : ["", ""]),
      server.addr,
      server.role,
      stateText(server),
      ...(index === 0 ? tail : []),
    ]);
  });
  return tableText([
    { title: "GROUP", align: "right" },
    { title: "KIND" },
    { title: "SERVER" },
    { title: "ROLE" },
    { title: "STATE" },
    { title: "SLOTS", align: "right" },
    { title: "WHICH" },
  ], rows);
}

function kindText({ kind, caps }: Pick<GroupView, "kind" | "caps">): string {
  if (kind === "codis-server" || caps.version === undefined) return kind;
  return `${caps.version}${caps.acl === true ? "" : ", no ACL"}`;
}

function stateText({ reachable, problem }: ServerView): string {
  if (problem !== null) return problem;
  if (reachable === null) return "-";
  return reachable ? "ok" : "unreachable";
}

function proxiesText(proxies: readonly ProxyView[]): string {
  if (proxies.length === 0) return "No proxy is running.\n";
  return tableText(
    [
      { title: "ID" },
      { title: "ADDRESS" },
      { title: "ADMIN" },
      { title: "STATE" },
      { title: "WANTED" },
      { title: "EPOCH", align: "right" },
      { title: "VERSION" },
    ],
    proxies.map((proxy) => [
      proxy.id,
      proxy.addr,
      proxy.admin ?? "-",
      proxy.state,
      proxy.wanted,
      String(proxy.appliedEpoch ?? "-"),
      proxy.version,
    ]),
  );
}

function topologyText(topology: Topology): string {
  const { epoch, leader, lastChange } = topology;
  const head = `Epoch ${epoch}, leader epoch ${leader.epoch} (${leader.id}); ` +
    `last change by ${lastChange.actor}: ${lastChange.reason}\n`;
  const groups = capabilitiesText(topology);
  if (topology.slots.length === 0) return `${head}${groups}No slot is assigned.\n`;
  const rows = topology.slots.map(({ range, ...entry }) => [
    range[0] === range[1] ? String(range[0]) : range.join("-"),
    entryText(entry),
    String(entry.epoch),
  ]);
  const columns = [{ title: "SLOTS" }, { title: "WHERE" }, {
    title: "EPOCH",
    align: "right",
  }] as const;
  return head + groups + tableText(columns, rows);
}

function capabilitiesText(topology: Topology): string {
  const rows = Object.entries(topology.groups).map(([id, { caps }]) => [
    id,
    caps.fence ? "codis-server" : kindText({ kind: "stock", caps }),
    caps.fence ? "the servers" : caps.acl === true ? "ACL users" : "nobody",
    caps.fence || caps.acl === true ? caps.methods.join(", ") : "-",
  ]);
  if (rows.length === 0) return "";
  return tableText([
    { title: "GROUP", align: "right" },
    { title: "KIND" },
    { title: "FENCED BY" },
    { title: "SLOTS MOVE BY" },
  ], rows);
}
