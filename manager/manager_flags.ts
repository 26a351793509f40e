/**
 * The flags of the manager's daemon, and what it does without them.
 *
 * @module
 */

import type { FlagTable } from "../core/command_line.ts";

/** The address that the REST API has by default. */
export const LISTEN_DEFAULT = "127.0.0.1:18087";

/** The product that is meant when none is named. */
export const PRODUCT_DEFAULT = "default";

/** The coordinator that is used when none is named. */
const COORDINATOR_DEFAULT = "embedded:./codis-data";

/** The flags of the daemon, beside those of every program. */
export const DAEMON_FLAGS: FlagTable = {
  product: { value: "NAME", help: "the product it manages", default: PRODUCT_DEFAULT },
  coordinator: {
    value: "URL",
    help: "where the topology is: embedded:DIR or zk://HOST:PORT,…/CHROOT",
    default: COORDINATOR_DEFAULT,
  },
  listen: { value: "HOST:PORT", help: "where the REST API listens", default: LISTEN_DEFAULT },
  advertise: {
    value: "HOST",
    help: "what other managers and proxies reach it as, if not --listen's host",
  },
  token: {
    value: "TOKEN",
    help: "what requests must bring; needed where others can reach it",
    environment: "CODIS_TOKEN",
  },
  "allow-hosts": { value: "NAME,…", help: "other host names under which it may be asked" },
  "server-password": {
    value: "PASSWORD",
    help: "how to log in at servers",
    environment: "CODIS_SERVER_PASSWORD",
  },
};
