/**
 * Adding and removing groups and servers.
 *
 * @module
 */

import { parseAddress } from "../../core/address.ts";
import { GROUP_ID_MAX } from "../../core/topology/topology.ts";
import type { GroupView } from "../api_answers.ts";
import { plural } from "../number_text.ts";
import type { ProductView } from "../product_view.ts";
import { type Action, type Field, FieldError, groupField, type Values } from "./action.ts";

const KINDS = [
  { value: "codis-server", text: "codis-server: slots move between such groups" },
  { value: "stock", text: "stock: Redis or Valkey" },
];

const ADDRESS_FIELD: Field = {
  name: "addr",
  label: "Address",
  hint: "HOST:PORT of a server that is running",
  kind: { is: "text", lengthMax: 300, placeholder: "127.0.0.1:6383" },
};

/** Adds a group. */
export const ADD_GROUP: Action = {
  id: "add-group",
  path: "/groups/add",
  section: "/groups",
  title: "Add a group",
  lead: "A group is a master and its replicas. It begins empty: add servers, then give it slots.",
  fields: [
    {
      name: "group",
      label: "Group",
      hint: `a number of 1 to ${GROUP_ID_MAX}`,
      kind: { is: "number", min: 1, max: GROUP_ID_MAX },
    },
    {
      name: "kind",
      label: "Its servers are",
      kind: { is: "choice", choices: () => KINDS },
      initial: "codis-server",
    },
  ],
  confirm: "Add the group",
  done: "The group was added. Give it a server next.",
  plan(values, { product }) {
    const id = Number(values["group"]);
    if (product.groups.some((group) => group.id === id)) {
      const ids = product.groups.map((group) => group.id).join(", ");
      throw new FieldError("group", `Group: ${id} is there already (there are groups ${ids})`);
    }
    return {
      lines: [
        `Group ${id} is added, without servers and slots.`,
        "No slot moves; clients notice nothing.",
      ],
    };
  },
  order: (values) => ({
    method: "POST",
    path: "/groups",
    body: { id: Number(values["group"]), kind: values["kind"] },
  }),
  cli: (values) =>
    `server add-group ${values["group"]}${values["kind"] === "stock" ? " --stock" : ""}`,
};

/** Removes a group. */
export const REMOVE_GROUP: Action = {
  id: "remove-group",
  path: "/groups/remove",
  section: "/groups",
  title: "Remove a group",
  lead: "Only a group that has no part in any slot can be removed. Its servers keep running.",
  fields: [groupField("group", "Group")],
  confirm: "Remove the group",
  done: "The group was removed.",
  isDestructive: true,
  plan(values, { product }) {
    const { id, servers, slots } = groupTyped(product, values);
    if (slots.count > 0) {
      throw new FieldError(
        "group",
        `Group: ${id} has a part in ${plural(slots.count, "slot")} (${slots.text}); ` +
          "migrate them to another group first",
      );
    }
    const rest = servers.length === 0
      ? "It has no servers."
      : `${servers.map(({ addr }) => addr).join(", ")} no longer belong to the product.`;
    return { lines: [`Group ${id} is removed.`, rest] };
  },
  order: (values) => ({ method: "DELETE", path: `/groups/${values["group"]}`, body: null }),
  cli: (values) => `server remove-group ${values["group"]}`,
};

/** Adds a server. */
export const ADD_SERVER: Action = {
  id: "add-server",
  path: "/groups/add-server",
  section: "/groups",
  title: "Add a server",
  lead: "The first server of a group is its master, the others are its replicas.",
  fields: [groupField("group", "Group"), ADDRESS_FIELD],
  confirm: "Add the server",
  done: "The server was added.",
  plan(values, { product }) {
    const { id, kind, servers } = groupTyped(product, values);
    const addr = addressTyped(values);
    const owner = product.groups.find((group) => group.servers.some((one) => one.addr === addr));
    if (owner !== undefined) {
      throw new FieldError("addr", `Address: ${addr} is a server of group ${owner.id} already`);
    }
    const [master] = servers;
    if (master === undefined) {
      return {
        lines: [
          `${addr} must answer as a ${kind === "stock" ? "Redis or Valkey" : "codis-server"}.`,
          `It becomes the master of group ${id}. It gets no slot by that: give it some next.`,
        ],
      };
    }
    return {
      lines: [
        `${addr} is told to follow ${master.addr}, the master of group ${id}.`,
        "What it has in memory now is replaced by the master's data.",
      ],
    };
  },
  order: (values) => ({
    method: "POST",
    path: `/groups/${values["group"]}/servers`,
    body: { addr: values["addr"]!.trim() },
  }),
  cli: (values) => `server add ${values["group"]} ${values["addr"]!.trim()}`,
};

/** Removes a server. */
export const REMOVE_SERVER: Action = {
  id: "remove-server",
  path: "/groups/remove-server",
  section: "/groups",
  title: "Remove a server",
  lead: "Takes a replica out of its group, or the last server out of a group without slots. " +
    "The server keeps running.",
  fields: [groupField("group", "Group"), ADDRESS_FIELD],
  confirm: "Remove the server",
  done: "The server was removed.",
  isDestructive: true,
  plan(values, { product }) {
    const { id, servers, slots } = groupTyped(product, values);
    const addr = addressTyped(values);
    const index = servers.findIndex((server) => server.addr === addr);
    if (index < 0) {
      const known = servers.map((server) => server.addr).join(", ") || "no server";
      throw new FieldError("addr", `Address: group ${id} has no ${addr}; it has ${known}`);
    }
    if (index === 0 && slots.count > 0) {
      throw new FieldError(
        "addr",
        `Address: ${addr} is the master of ${plural(slots.count, "slot")}; migrate them first`,
      );
    }
    return { lines: [`${addr} is taken out of group ${id}.`, "No slot moves."] };
  },
  order: (values) => ({
    method: "DELETE",
    path: `/groups/${values["group"]}/servers/${encodeURIComponent(values["addr"]!.trim())}`,
    body: null,
  }),
  cli: (values) => `server remove ${values["group"]} ${values["addr"]!.trim()}`,
};

function groupTyped(product: ProductView, values: Values): GroupView {
  const id = Number(values["group"]);
  const group = product.groups.find((group) => group.id === id);
  if (group !== undefined) return group;
  throw new FieldError("group", `Group: there is no group ${id}`);
}

function addressTyped(values: Values): string {
  const addr = values["addr"]!.trim();
  try {
    parseAddress(addr);
    return addr;
  } catch {
    throw new FieldError("addr", `Address: want HOST:PORT, as 127.0.0.1:6379; found “${addr}”`);
  }
}
