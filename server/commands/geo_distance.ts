/**
 * Distances on a sphere of the earth's size, as Redis computes them.
 *
 * Invariant: operations come in Redis's order, so that a double comes out the same to the last bit where the machine's
 * trigonometry does.
 *
 * @module
 */

import type { GeoPoint } from "./geohash.ts";

/** The earth's radius (quadratic mean, WGS 84), in meters. */
export const EARTH_RADIUS_METERS = 6372797.560856;

const RADIANS_PER_DEGREE = Math.PI / 180;

/** Radians of degrees. */
export function radiansOf(degrees: number): number {
  return degrees * RADIANS_PER_DEGREE;
}

/** Degrees of radians. */
export function degreesOf(radians: number): number {
  return radians / RADIANS_PER_DEGREE;
}

/** How far two positions are apart, in meters, along the great circle (haversine). */
export function distanceMeters(one: GeoPoint, other: GeoPoint): number {
  return metersBetween(one.longitude, one.latitude, other.longitude, other.latitude);
}

/** The same of degrees. */
export function metersBetween(
  longitude: number,
  latitude: number,
  otherLongitude: number,
  otherLatitude: number,
): number {
  const v = Math.sin((radiansOf(otherLongitude) - radiansOf(longitude)) / 2);
  if (v === 0) return latitudeMeters(latitude, otherLatitude);
  const from = radiansOf(latitude);
  const to = radiansOf(otherLatitude);
  const u = Math.sin((to - from) / 2);
  const a = u * u + Math.cos(from) * Math.cos(to) * v * v;
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(a));
}

/** How far two latitudes are apart, in meters. */
export function latitudeMeters(latitude: number, other: number): number {
  return EARTH_RADIUS_METERS * Math.abs(radiansOf(other) - radiansOf(latitude));
}
