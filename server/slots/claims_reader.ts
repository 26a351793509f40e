/**
 * Asks the other server of a slot which keys it claims: those a restarted server must not bring back.
 *
 * @module
 */

import { parseAddress } from "../../core/address.ts";
import { decodeReply } from "../../core/resp/decode_reply.ts";
import { encodeRequest } from "../../core/resp/encode_request.ts";
import type { PeerLinks } from "../peer_links.ts";
import type { FencePeer } from "./fence_decision.ts";
import { HashSet } from "./hash_set.ts";

const REPLY_TIMEOUT_MS = 2000;

/** What is asked. */
export interface ClaimsRequest {
  readonly peer: FencePeer;
  readonly slot: number;
  /** The epoch that the other server must stand at; 0: any. */
  readonly slotEpoch: number;
  /** The start of the process that asks: what its predecessor told the other server is void. */
  readonly boot: string;
}

/** Calls `done` later with the claims, or with undefined if the other server cannot tell them now. */
export function readClaims(
  peers: PeerLinks,
  request: ClaimsRequest,
  done: (claims: HashSet | undefined) => void,
): void {
  const { peer, slot, slotEpoch, boot } = request;
  peers.open(parseAddress(peer.addr), 0).send(
    encodeRequest(["SLOTSCLAIMED", slot, slotEpoch, boot]),
    {
      timeoutMs: REPLY_TIMEOUT_MS,
      onReply: (bytes, start, end) => done(claimsIn(bytes, start, end)),
      onLost: () => done(undefined),
    },
  );
}

function claimsIn(bytes: Uint8Array, start: number, end: number): HashSet | undefined {
  const reply = decodeReply(bytes, start, end);
  if (!Array.isArray(reply)) return undefined;
  const claims = new HashSet();
  for (const claim of reply) {
    if (!(claim instanceof Uint8Array) || claim.length !== 8) return undefined;
    const view = new DataView(claim.buffer, claim.byteOffset, 8);
    claims.add(view.getInt32(0, true), view.getInt32(4, true));
  }
  return claims;
}
