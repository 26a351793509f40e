/**
 * Replies with positions and distances.
 *
 * @module
 */

import type { ReplyWriter } from "../../core/resp/reply_writer.ts";
import { coordinateText, distanceText } from "./geo_text.ts";
import type { GeoPoint } from "./geohash.ts";

const encoder = new TextEncoder();

/** Writes a position: longitude and latitude, each with all its digits. */
export function replyPosition(reply: ReplyWriter, { longitude, latitude }: GeoPoint): void {
  reply.array(2);
  replyCoordinate(reply, longitude);
  replyCoordinate(reply, latitude);
}

function replyCoordinate(reply: ReplyWriter, degrees: number): void {
  const text = coordinateText(degrees);
  if (reply.protocol === 2) reply.bulkLatin1(text);
  else reply.frame(encoder.encode(`,${text}\r\n`));
}

/** Writes a distance: with four digits behind the point, in either protocol as a bulk string. */
export function replyDistance(reply: ReplyWriter, distance: number): void {
  reply.bulkLatin1(distanceText(distance));
}
