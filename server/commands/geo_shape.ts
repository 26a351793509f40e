/**
 * The area that a search on positions covers: what lies in it, and which cells of a grid do.
 *
 * Invariant: the cells are Redis's, in its order: it decides the order of what is found, and what is found where the
 * approximation leaves something out.
 *
 * @module
 */

import {
  degreesOf,
  distanceMeters,
  EARTH_RADIUS_METERS,
  latitudeMeters,
  metersBetween,
  radiansOf,
} from "./geo_distance.ts";
import {
  areaOf,
  cellOf,
  type GeoArea,
  type GeoCell,
  type GeoPoint,
  neighborOf,
  STEPS_MAX,
} from "./geohash.ts";

/** What is looked for around a center; lengths in units of `unitMeters`. */
export interface GeoShape {
  readonly center: GeoPoint;
  extent:
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "box"; readonly width: number; readonly height: number };
  unitMeters: number;
}

/** Half the length of the equator on the map, in meters. */
const MERCATOR_MAX_METERS = 20037726.37;
/** Nearer to the poles the map is so much larger that the cells must be. */
const LATITUDE_HIGH = 66;
const LATITUDE_HIGHEST = 80;

/** The cell of the center, then those around it: columns to the east, rows to the north. */
const AROUND: readonly (readonly [east: number, north: number])[] = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
];

/** How far a position is from the center, in meters; undefined if it lies outside. */
export function distanceInside(
  { center, extent, unitMeters }: GeoShape,
  point: GeoPoint,
): number | undefined {
  if (extent.kind === "circle") {
    const meters = distanceMeters(center, point);
    return meters > extent.radius * unitMeters ? undefined : meters;
  }
  const { longitude, latitude } = point;
  const northward = latitudeMeters(latitude, center.latitude);
  if (northward > (extent.height * unitMeters) / 2) return undefined;
  const eastward = metersBetween(longitude, latitude, center.longitude, latitude);
  if (eastward > (extent.width * unitMeters) / 2) return undefined;
  return distanceMeters(center, point);
}

/** The cells that cover a shape: at most nine, none twice. */
export function cellsOf(shape: GeoShape): GeoCell[] {
  const { center } = shape;
  const bounds = boundsOf(shape);
  let cell = cellOf(center, stepsOf(reachMeters(shape), center.latitude));
  if (cell.steps > 1 && isTooSmall(cell, bounds)) cell = cellOf(center, cell.steps - 1);
  const area = areaOf(cell);
  const cells: GeoCell[] = [];
  for (const [east, north] of AROUND) {
    if (cell.steps >= 2 && isNeedless(area, bounds, east, north)) continue;
    const next = neighborOf(cell, east, north);
    const last = cells.at(-1);
    // On the coarsest grid the neighbors on both sides are the same.
    if (last?.column !== next.column || last.row !== next.row) cells.push(next);
  }
  return cells;
}

/** How far from the center the shape reaches, in meters. */
function reachMeters({ extent, unitMeters }: GeoShape): number {
  if (extent.kind === "circle") return extent.radius * unitMeters;
  const { width, height } = extent;
  return Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unitMeters;
}

/** The sides of a rectangle on the map around the shape. */
function boundsOf({ center: { longitude, latitude }, extent, unitMeters }: GeoShape): GeoArea {
  const isCircle = extent.kind === "circle";
  const height = unitMeters * (isCircle ? extent.radius : extent.height / 2);
  const width = unitMeters * (isCircle ? extent.radius : extent.width / 2);
  const northward = degreesOf(height / EARTH_RADIUS_METERS);
  // Meridians lie closest at the end nearer to a pole.
  const narrowest = latitude < 0 ? latitude - northward : latitude + northward;
  const eastward = degreesOf(width / EARTH_RADIUS_METERS / Math.cos(radiansOf(narrowest)));
  return {
    west: longitude - eastward,
    east: longitude + eastward,
    south: latitude - northward,
    north: latitude + northward,
  };
}

/** The steps of a grid whose cells are about as large as the shape. */
function stepsOf(meters: number, latitude: number): number {
  if (meters === 0) return STEPS_MAX;
  let steps = 1;
  for (let reach = meters; reach < MERCATOR_MAX_METERS; reach *= 2) steps++;
  // Two less, so that the neighbors are large enough nearly always.
  steps -= 2;
  const distance = Math.abs(latitude);
  if (distance > LATITUDE_HIGH) steps--;
  if (distance > LATITUDE_HIGHEST) steps--;
  return Math.max(1, Math.min(steps, STEPS_MAX));
}

/** Whether the shape reaches beyond the neighbors of its center's cell. */
function isTooSmall(cell: GeoCell, { west, east, south, north }: GeoArea): boolean {
  return areaOf(neighborOf(cell, 0, 1)).north < north ||
    areaOf(neighborOf(cell, 0, -1)).south > south ||
    areaOf(neighborOf(cell, 1, 0)).east < east ||
    areaOf(neighborOf(cell, -1, 0)).west > west;
}

/** Whether the shape does not reach a neighbor of its center's cell. */
function isNeedless(area: GeoArea, bounds: GeoArea, east: number, north: number): boolean {
  return (north < 0 && area.south < bounds.south) || (north > 0 && area.north > bounds.north) ||
    (east < 0 && area.west < bounds.west) || (east > 0 && area.east > bounds.east);
}
