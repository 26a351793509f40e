/**
 * The command table: the commands on positions.
 *
 * GEORADIUS and its kin write only with STORE, so they count as writes for the proxy.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keyAfter } from "./key_specification.ts";

/** Group `geo`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const GEO_COMMANDS = {
  geoadd: { arity: -5, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")],
    since: "3.2.0", summary: "Add one or more geospatial items in the geospatial index represented using a sorted set" },
  geodist: { arity: -4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "3.2.0", summary: "Returns the distance between two members of a geospatial index" },
  geohash: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "3.2.0", summary: "Returns members of a geospatial index as standard geohash strings" },
  geopos: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "3.2.0", summary: "Returns longitude and latitude of members of a geospatial index" },
  georadius: { arity: -6, flags: ["write", "denyoom", "movablekeys"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access"), keyAfter("STORE", 6, "OW update"), keyAfter("STOREDIST", 6, "OW update")],
    since: "3.2.0", summary: "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point" },
  georadius_ro: { arity: -6, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "3.2.10", summary: "A read-only variant for GEORADIUS" },
  georadiusbymember: { arity: -5, flags: ["write", "denyoom", "movablekeys"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access"), keyAfter("STORE", 5, "OW update"), keyAfter("STOREDIST", 5, "OW update")],
    since: "3.2.0", summary: "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member" },
  georadiusbymember_ro: { arity: -5, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "3.2.10", summary: "A read-only variant for GEORADIUSBYMEMBER" },
  geosearch: { arity: -7, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")],
    since: "6.2.0", summary: "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle." },
  geosearchstore: { arity: -8, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW update"), key(2, "RO access")],
    since: "6.2.0", summary: "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in another key." },
} satisfies Record<string, CommandRow>;
