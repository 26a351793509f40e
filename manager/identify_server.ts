/**
 * Who answers at an address: a codis-server and its start, or a stock server and what it can do.
 *
 * @module
 */

import { isErrorReply } from "../core/control_client.ts";
import { ControlConnectionError } from "../core/control_client.ts";
import { StockAdmin, StockAdminError } from "../core/stock_admin.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import { randomHex } from "../core/boot_id.ts";
import { type Capabilities, STOCK_CAPABILITIES } from "../core/topology/topology.ts";
import { askServer, type Question } from "./ask_server.ts";
import { ManagerError } from "./manager_error.ts";
import { BOOT_COMMAND, type BootAnswer, readBoot } from "./server_wire.ts";

/** Who answered. */
export type ServerIdentity =
  | { readonly kind: "codis-server"; readonly boot: BootAnswer }
  | { readonly kind: "stock"; readonly caps: Capabilities };

/** Asks who answers. @throws {ManagerError} if nobody does, or one that cannot be used. */
export async function identifyServer(question: Question): Promise<ServerIdentity> {
  const boot = await askServer(question, BOOT_COMMAND);
  if (!isErrorReply(boot)) return { kind: "codis-server", boot: readBoot(boot) };
  const info = await askServer(question, ["INFO", "server"]);
  if (isErrorReply(info)) {
    throw new ManagerError(
      "conflict",
      `Cannot add ${question.addr}: it answered INFO with "${info.error}"`,
    );
  }
  const version = versionOf(infoText(info));
  if (version === null) {
    throw new ManagerError(
      "conflict",
      `Cannot add ${question.addr}: it is a node of a Redis Cluster, or no Redis at all`,
      "Add servers without cluster mode",
    );
  }
  return {
    kind: "stock",
    caps: { ...STOCK_CAPABILITIES, acl: await mayMakeUsers(question), version },
  };
}

/** Returns `redis 7.0.15` from the text of `INFO server`; null for a node of a cluster, and for no Redis. */
export function versionOf(info: string): string | null {
  const fields = new Map(
    info.split("\r\n").map((line) => line.split(":", 2) as [string, string | undefined]),
  );
  if (fields.get("redis_mode") === "cluster") return null;
  const valkey = fields.get("valkey_version");
  if (valkey !== undefined) return `valkey ${valkey}`;
  const redis = fields.get("redis_version");
  return redis === undefined ? null : `redis ${redis}`;
}

/** Whether users can be made and shut out with these credentials: it is tried. */
async function mayMakeUsers(question: Question): Promise<boolean> {
  const user = `codis-probe-${randomHex(8)}`;
  try {
    using admin = await StockAdmin.connect(question);
    await admin.make({ user, password: randomHex(32) }, ["-@all"]);
    await admin.shutOut([user]);
    return true;
  } catch (error) {
    if (error instanceof StockAdminError) return false;
    if (!(error instanceof ControlConnectionError)) throw error;
    throw new ManagerError("unreachable", error.message);
  }
}

function infoText(reply: Reply): string {
  if (reply instanceof Uint8Array) return new TextDecoder().decode(reply);
  return typeof reply === "string" ? reply : "";
}
