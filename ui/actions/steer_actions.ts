/**
 * Pausing, resuming and cancelling migrations; taking proxies in and out of service.
 *
 * @module
 */

import type { MigrationView } from "../api_answers.ts";
import { countText, plural, rangeText } from "../number_text.ts";
import { openMigrations, type ProductView } from "../product_view.ts";
import { type Action, type Field, FieldError, type Plan, type Values } from "./action.ts";

const MIGRATION_FIELD: Field = {
  name: "id",
  label: "Migration",
  kind: {
    is: "choice",
    choices: (product) =>
      openMigrations(product).map(({ id, range, to, state }) => ({
        value: id,
        text: `${id}: ${rangeText(range)} to group ${to}, ${state}`,
      })),
  },
};

const PROXY_FIELD: Field = {
  name: "id",
  label: "Proxy",
  kind: {
    is: "choice",
    choices: ({ stats }) =>
      stats.proxies.map(({ id, addr, state }) => ({
        value: id,
        text: `${id} (${addr}, ${state})`,
      })),
  },
};

/** Pauses a migration. */
export const PAUSE: Action = {
  ...steering("pause", "Pause a migration"),
  lead: "Starts no further slot. Slots on their way arrive.",
  done: "The migration is paused.",
  plan: (values, { product }): Plan => {
    const { slots } = migrationTyped(product, values);
    return {
      lines: [
        `${plural(slots.onTheWay, "slot")} on their way arrive.`,
        `${plural(slots.waiting, "slot")} stay where they are until it is resumed.`,
      ],
    };
  },
};

/** Resumes a migration. */
export const RESUME: Action = {
  ...steering("resume", "Resume a migration"),
  lead: "Goes on where it was paused.",
  done: "The migration goes on.",
  plan: (values, { product }): Plan => {
    const { slots, to } = migrationTyped(product, values);
    return { lines: [`${plural(slots.waiting, "slot")} go on to group ${to}.`] };
  },
};

/** Cancels a migration. */
export const CANCEL: Action = {
  ...steering("cancel", "Cancel a migration"),
  lead: "Sends slots on their way back. Slots that have arrived stay.",
  done: "The migration is being cancelled.",
  isDestructive: true,
  plan: (values, { product }): Plan => {
    const { slots, to, keys } = migrationTyped(product, values);
    return {
      lines: [
        `${plural(slots.arrived, "slot")} that have arrived stay on group ${to}.`,
        `${plural(slots.onTheWay, "slot")} on their way go back, with their keys.`,
        `${plural(slots.waiting, "slot")} that wait stay where they are.`,
        `So far ${countText(keys.moved)} keys have moved. No key is lost.`,
      ],
    };
  },
};

/** Lets a proxy serve. */
export const PROXY_ONLINE: Action = {
  ...proxying("online"),
  title: "Take a proxy online",
  lead: "Lets a proxy that was taken offline accept clients again.",
  confirm: "Take it online",
  done: "The proxy is to be online.",
  plan: (values) => ({ lines: [`${values["id"]} listens again and takes clients.`] }),
};

/** Lets a proxy rest. */
export const PROXY_OFFLINE: Action = {
  ...proxying("offline"),
  title: "Take a proxy offline",
  lead: "Before maintenance: the proxy takes no new clients and lets the present ones go. " +
    "It stays so over a restart, until it is taken online.",
  confirm: "Take it offline",
  done: "The proxy is to be offline.",
  isDestructive: true,
  plan: (values, { product }) => {
    const proxy = product.stats.proxies.find(({ id }) => id === values["id"]);
    if (proxy === undefined) throw new FieldError("id", `Proxy: there is no ${values["id"]}`);
    const others = product.stats.proxies.filter(({ id, state }) =>
      id !== proxy.id && state === "online"
    );
    const clients = proxy.clients === null ? "Its clients" : plural(proxy.clients, "client");
    const lines = [
      `${proxy.id} at ${proxy.addr} takes no new clients.`,
      `${clients}: each is let go when its requests have been answered.`,
    ];
    return {
      lines: others.length > 0
        ? lines
        : [...lines, "No other proxy is online: clients will have nowhere to connect."],
    };
  },
};

function steering(
  verb: "pause" | "resume" | "cancel",
  title: string,
): Pick<
  Action,
  "id" | "path" | "section" | "title" | "fields" | "confirm" | "order" | "cli"
> {
  return {
    id: verb,
    path: `/migrations/${verb}`,
    section: "/migrations",
    title,
    fields: [MIGRATION_FIELD],
    confirm: `${title.split(" ")[0]} it`,
    order: (values) => ({
      method: "POST",
      path: `/migrations/${encodeURIComponent(values["id"]!)}/${verb}`,
      body: null,
    }),
    cli: (values) => `migration ${verb} ${values["id"]}`,
  };
}

function proxying(
  wanted: "online" | "offline",
): Pick<Action, "id" | "path" | "section" | "fields" | "order" | "cli"> {
  return {
    id: `proxy-${wanted}`,
    path: `/proxies/${wanted}`,
    section: "/proxies",
    fields: [PROXY_FIELD],
    order: (values) => ({
      method: "PUT",
      path: `/proxies/${encodeURIComponent(values["id"]!)}`,
      body: { wanted },
    }),
    cli: (values) => `proxy ${wanted} ${values["id"]}`,
  };
}

function migrationTyped(product: ProductView, values: Values): MigrationView {
  const found = openMigrations(product).find(({ id }) => id === values["id"]);
  if (found !== undefined) return found;
  throw new FieldError("id", `Migration: ${values["id"]} is not open`);
}
