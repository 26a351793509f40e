/**
 * The commands on positions, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import {
  type CollectionCases,
  compareInStates,
  compareScript,
  ofEachArity,
} from "./support/collection_cases.ts";
import { describe, startServerPair } from "./support/differential.ts";
import { bytesOf, type Command, type Word } from "./support/raw_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const SICILY: Word[] = [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"];
const EDGES: Word[] = [
  ...[180, 85.05112878, "ne", -180, 85.05112878, "nw", 180, -85.05112878, "se"],
  ...[-180, -85.05112878, "sw", 0, 0, "zero", 179.9999999, 0, "e", -179.9999999, 0, "w"],
];
const MANY: Word[] = Array.from(
  { length: 200 },
  (_, at) => [(at * 37) % 180, ((at * 53) % 170) / 2 - 42, `m${at}`],
).flat();

const CASES: CollectionCases = {
  states: [
    [],
    [["GEOADD", "key", ...SICILY], ["GEOADD", "other", 13, 38, "edge"]],
    [["GEOADD", "key", ...SICILY, ...EDGES], ["SET", "other", "text"]],
    [["GEOADD", "key", ...SICILY, ...MANY], ["EXPIRE", "key", 1000]],
    [["SET", "key", "text"]],
    [["ZADD", "key", -1, "Palermo", "-inf", "Catania", "inf", "ne", 1.5, "sw", 1e300, "zero"]],
  ],
  inspection: [
    ["OBJECT", "ENCODING", "key"],
    ["ZRANGE", "key", 0, -1, "WITHSCORES"],
    ["ZRANGE", "other", 0, -1, "WITHSCORES"],
    ["PTTL", "key"],
    ["DUMP", "key"],
    ["DUMP", "other"],
  ],
};

const MEMBERS: readonly Word[] = ["Palermo", "Catania", "ne", "sw", "zero", "e", "m7", "none", ""];
const UNITS: readonly Word[] = ["m", "KM", "ft", "Mi", "cm", ""];

Deno.test("positions are added as by redis-server", async () => {
  const options: Word[][] = [[], ["NX"], ["xx"], ["CH"], ["nx", "XX"], ["XX", "ch", "CH"]];
  const numbers: readonly Word[] = [
    ...["0", "-0", "180", "-180", "180.0000001", "181", "-200.0078125", "1e5", "1e300", "inf"],
    ...[
      "-inf",
      "nan",
      "x",
      "",
      " 1",
      "85.05112878",
      "85.0511288",
      "-85.05112878",
      "0x10",
      "1e-300",
    ],
  ];
  await compareInStates(CASES, [
    ...ofEachArity("GEOADD", ["key", "1", "2", "a", "3", "4", "b", "5"]),
    ...options.flatMap((words): Command[] => [
      ["GEOADD", "key", ...words, 13, 38, "Palermo"],
      ["GEOADD", "key", ...words, 13.361389, 38.115556, "Palermo", -70.5, -33.25, "new"],
      ["GEOADD", "key", ...words],
      ["GEOADD", "key", ...words, 1, 2],
    ]),
    ...numbers.flatMap((number): Command[] => [
      ["GEOADD", "key", number, 1, "a"],
      ["GEOADD", "key", 1, number, "a"],
      ["GEOADD", "key", 1, 1, "ok", number, number, bytesOf("\x00\xff\r\n")],
    ]),
    ["GEOADD", "key", 1, 2, "a", 3, 4, "a"],
    ["GEOADD", "key", "CH", 1, 2, "a", 3, 4, "a", 3, 4, "a"],
    ["GEOADD", "key", 1, 2, "x".repeat(65)],
  ]);
});

Deno.test("positions, hashes and distances are told as by redis-server", async () => {
  await compareInStates({ states: CASES.states, inspection: [] }, [
    ...ofEachArity("GEOPOS", ["key", "Palermo", "none"]),
    ...ofEachArity("GEOHASH", ["key", "Palermo", "none"]),
    ...ofEachArity("GEODIST", ["key", "Palermo", "Catania", "km", "x"]),
    ["GEOPOS", "key", ...MEMBERS],
    ["GEOHASH", "key", ...MEMBERS],
    ...MEMBERS.flatMap((member): Command[] => [
      ...UNITS.map((unit): Command => ["GEODIST", "key", "Palermo", member, unit]),
      ["GEODIST", "key", member, "Catania"],
      ["GEODIST", "key", member, "e", "km"],
    ]),
  ]);
});

Deno.test("any score is taken for a position as by redis-server", async () => {
  const scores: readonly Word[] = [
    ...["0", "-0", "1", "-1", "-1.5", "0.5", "4503599627370495", "4503599627370496", "1e16"],
    ...["9007199254740993", "18014398509481984", "9223372036854775807", "18446744073709551615"],
    ...[
      "1e19",
      "1e20",
      "1e300",
      "inf",
      "-inf",
      "-9223372036854775808",
      "-1e19",
      "-4503599627370495",
    ],
  ];
  await compareScript([
    ["ZADD", "key", ...scores.flatMap((score, at) => [score, `m${at}`])],
    ...scores.flatMap((_, at): Command[] => [
      ["GEOPOS", "key", `m${at}`],
      ["GEOHASH", "key", `m${at}`],
      ["GEODIST", "key", "m0", `m${at}`],
      ["GEORADIUSBYMEMBER", "key", `m${at}`, 5000, "km", "WITHHASH", "WITHCOORD", "WITHDIST"],
    ]),
  ]);
});

const SHAPES: readonly Word[][] = [
  ...[0, 1, 200, 5000, 20_000, "1e9", "inf"].map((radius) => ["BYRADIUS", radius, "km"]),
  ...[[0, 0], [400, 400], [10, 8000], [9000, 10], [30_000, 30_000], ["inf", "inf"]].map((sides) => [
    "BYBOX",
    ...sides,
    "km",
  ]),
  ["BYRADIUS", "100000", "FT"],
  ["BYBOX", 300, 200.5, "mi"],
];
const CENTERS: readonly Word[][] = [
  ["FROMMEMBER", "Palermo"],
  ["FROMMEMBER", "none"],
  ...[[15, 37], [0, 0], [180, 0], [-180, -85.05112878], [179.99, 85], [70, -81], [-70, 67]].map(
    (place) => ["FROMLONLAT", ...place],
  ),
];
const DETAILS: readonly Word[][] = [
  [],
  ["WITHDIST", "WITHCOORD", "WITHHASH", "ASC"],
  ["desc", "COUNT", 3],
  ["COUNT", 2],
  ["COUNT", 3, "any", "WITHDIST"],
  ["COUNT", 5, "ANY", "DESC"],
];

Deno.test("areas are searched as by redis-server", async () => {
  await compareInStates({ states: CASES.states, inspection: [] }, [
    ...CENTERS.flatMap((center) =>
      SHAPES.flatMap((shape) =>
        DETAILS.map((details): Command => ["GEOSEARCH", "key", ...center, ...shape, ...details])
      )
    ),
  ]);
});

Deno.test("searches are refused as by redis-server", async () => {
  const search: Word[] = ["FROMLONLAT", 15, 37, "BYRADIUS", 200, "km"];
  const wrong: readonly Word[][] = [
    ...[["COUNT", 0], ["COUNT", -1], ["COUNT", "x"], ["COUNT"], ["ANY"], ["bogus"], ["STORE", "d"]],
    ...[["STOREDIST", "d"], ["STOREDIST"], ["FROMMEMBER", "Palermo"], ["FROMMEMBER"], ["BYBOX"]],
    ...[["BYBOX", 1, 1, "km"], ["FROMLONLAT", 1], ["FROMLONLAT", 200, 1], ["FROMLONLAT", "x", 1]],
    ...[["BYRADIUS", -1, "km"], ["BYRADIUS", "x", "km"], ["BYRADIUS", 1, "cm"], ["BYRADIUS", 1]],
    ...[["WITHDIST", "ANY"], ["COUNT", 1, "COUNT", 2], ["ASC", "DESC"], ["FROMLONLAT", 1, 2]],
    ["COUNT", "9223372036854775808"],
    ["COUNT", "9223372036854775807", "ANY"],
  ];
  const boxes = [["-1", 1], [1, "-1"], ["x", 1], [1, "y"], [1, 1]];
  await compareInStates({ states: CASES.states, inspection: CASES.inspection.slice(0, 3) }, [
    ...ofEachArity("GEOSEARCH", ["key", ...search, "WITHDIST"]),
    ...ofEachArity("GEOSEARCHSTORE", ["other", "key", ...search, "STOREDIST"]),
    ...wrong.flatMap((words): Command[] => [
      ["GEOSEARCH", "key", ...search, ...words],
      ["geosearchStore", "other", "key", ...search, ...words],
      ["GEORADIUS", "key", 15, 37, 200, "km", ...words],
      ["GEORADIUS_RO", "key", 15, 37, 200, "km", ...words],
      ["GEORADIUSBYMEMBER", "key", "Palermo", 200, "km", ...words],
      ["GEORADIUSBYMEMBER_RO", "key", "Palermo", 200, "km", ...words],
    ]),
    ...boxes.map((box): Command => ["GEOSEARCH", "key", "FROMLONLAT", 1, 2, "BYBOX", ...box, "cm"]),
    ["GeoSearch", "key", "FROMLONLAT", 1, 2, "ASC", "ASC", "ASC"],
    ["GEOSEARCH", "key", "BYRADIUS", 1, "km", "ASC", "ASC"],
  ]);
});

Deno.test("GEORADIUS and its kin search as in redis-server", async () => {
  const names = ["GEORADIUS", "GEORADIUS_RO"];
  const radii: readonly Word[][] = [
    [200, "km"],
    [0, "m"],
    ["-1", "km"],
    ["x", "km"],
    [3000, "mi"],
    [
      1,
      "cm",
    ],
  ];
  await compareInStates({ states: CASES.states, inspection: [] }, [
    ...names.flatMap((name) => ofEachArity(name, ["key", "15", "37", "200", "km", "WITHDIST"])),
    ...names.flatMap((name) =>
      ofEachArity(name.replace("S", "SBYMEMBER"), ["key", "Palermo", "200", "km", "ASC"])
    ),
    ...DETAILS.flatMap((details) =>
      radii.flatMap((radius): Command[] => [
        ["GEORADIUS", "key", 15, 37, ...radius, ...details],
        ["GEORADIUS_RO", "key", 15, 37, ...radius, ...details],
        ["GEORADIUSBYMEMBER", "key", "Palermo", ...radius, ...details],
        ["GEORADIUSBYMEMBER_RO", "key", "none", ...radius, ...details],
      ])
    ),
  ]);
});

Deno.test("what a search finds is stored as by redis-server", async () => {
  const options: readonly Word[][] = [[], ["COUNT", 1], ["COUNT", 2, "ANY"], ["DESC"], [
    "WITHDIST",
  ]];
  await compareInStates(CASES, [
    ...options.flatMap((words) =>
      [1, 200, 5000].flatMap((radius): Command[] => [
        [
          "GEOSEARCHSTORE",
          "other",
          "key",
          "FROMLONLAT",
          15,
          37,
          "BYRADIUS",
          radius,
          "km",
          ...words,
        ],
        ["GEOSEARCHSTORE", "key", "key", "FROMLONLAT", 15, 37, "BYRADIUS", radius, "km", ...words],
        ["GEOSEARCHSTORE", "key", "none", "FROMMEMBER", "x", "BYRADIUS", radius, "km", ...words],
        ["GEORADIUS", "key", 15, 37, radius, "km", "STORE", "other", ...words],
        ["GEORADIUS", "key", 15, 37, radius, "km", "STORE", "a", "STORE", "key", ...words],
        ["GEORADIUSBYMEMBER", "key", "Palermo", radius, "km", "STORE", "other", ...words],
      ])
    ),
  ]);
});

Deno.test("distances are stored as by redis-server", async () => {
  const search: Word[] = ["FROMLONLAT", 15, 37, "BYRADIUS", 5000, "km"];
  await compareInStates(CASES, [
    ["GEOSEARCHSTORE", "other", "key", ...search, "STOREDIST"],
    ["GEORADIUS", "key", 15, 37, 5000, "mi", "STOREDIST", "other"],
    ["GEORADIUSBYMEMBER", "key", "Palermo", 5000, "ft", "STOREDIST", "key"],
  ]);
});

Deno.test("random searches find in big sorted sets what redis-server finds", async () => {
  await using pair = await startServerPair();
  for (let stream = 0; stream < 6; stream++) {
    const random = new SeededRandom();
    const spread = random.pick([0.01, 1, 40, 180]);
    const place = () => (random.below(2e6) / 1e6 - 1) * spread;
    const script: Command[] = [["FLUSHALL"]];
    for (let at = 0; at < 40; at++) {
      const added = Array.from({ length: 60 }, () => [
        place(),
        (place() * 85) / 180,
        `m${random.below(5000)}`,
      ]);
      script.push(["GEOADD", "key", ...added.flat()]);
    }
    for (let at = 0; at < 300; at++) {
      const reach = (spread * random.below(1000)) / 9;
      const shape = random.pick<Word[]>([["BYRADIUS", reach, "km"], ["BYBOX", reach, reach, "mi"]]);
      const center = ["FROMLONLAT", place(), (place() * 85) / 180];
      script.push(["GEOSEARCH", "key", ...center, ...shape, ...random.pick([...DETAILS])]);
    }
    const difference = await pair.firstDifference(script);
    if (difference === undefined) continue;
    throw new Error(`seed ${random.seed}\n${describe(script, difference)}`);
  }
});
