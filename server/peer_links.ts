/**
 * The links of this server to others, one for each address and database, opened when first needed.
 *
 * Invariant: a link handed out is open; one that nobody used for {@linkcode IDLE_TIMEOUT_MS} is closed.
 *
 * @module
 */

import { formatAddress } from "../core/address.ts";
import type { Reactor, SocketAddress } from "../core/transport/reactor.ts";
import { PeerLink } from "./peer_link.ts";

/** As codis-server closes the connections of its migrations. */
const IDLE_TIMEOUT_MS = 15_000;

/** A cache of links. */
export class PeerLinks {
  readonly #reactor: Reactor;
  readonly #password: () => string;
  readonly #links = new Map<string, PeerLink>();

  /** `password` is asked for each link: the servers of a product share theirs. */
  constructor(reactor: Reactor, password: () => string) {
    this.#reactor = reactor;
    this.#password = password;
  }

  /**
   * The open link to an address; it may still be connecting.
   *
   * @throws {TypeError} if the host is a name and the reactor cannot look it up.
   */
  open(address: SocketAddress, database: number): PeerLink {
    const name = `${formatAddress(address)}/${database}`;
    const known = this.#links.get(name);
    if (known?.isOpen) return known;
    const link: PeerLink = new PeerLink(this.#reactor, {
      address,
      database,
      password: this.#password(),
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      onClosed: () => {
        if (this.#links.get(name) === link) this.#links.delete(name);
      },
    });
    this.#links.set(name, link);
    return link;
  }

  /** Closes all links. */
  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}
