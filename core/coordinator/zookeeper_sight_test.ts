/**
 * What is news to somebody who watches a place.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type NodeSight,
  type PlaceSight,
  showsLaterChange,
  showsNews,
  type Tidings,
} from "./zookeeper_sight.ts";

const NOTHING_TOLD: Tidings = { self: false, children: new Set() };
const SELF_TOLD: Tidings = { self: true, children: new Set() };
const BARE = node({ hasData: false });
const DATA = node({});

function node(change: Partial<NonNullable<NodeSight>>): NonNullable<NodeSight> {
  const created = { createdAt: 10n, changedAt: 10n, childrenChangedAt: 10n };
  return { ...created, childChanges: 0, version: 0, hasData: true, ...change };
}

function place(self: NodeSight, children: Record<string, NodeSight> = {}): PlaceSight {
  return { self, children: new Map(Object.entries(children)) };
}

/** A parent whose list was changed so often. */
function parent(childChanges: number): NodeSight {
  return node({ hasData: false, childChanges, childrenChangedAt: 10n + BigInt(childChanges) });
}

for (
  const [what, before, after, told, expected] of [
    ["nothing", place(DATA), place(DATA), NOTHING_TOLD, false],
    ["a node that is made", place(null), place(DATA), SELF_TOLD, true],
    ["a node that is removed", place(DATA), place(null), SELF_TOLD, true],
    ["new data", place(DATA), place(node({ changedAt: 11n, version: 1 })), SELF_TOLD, true],
    ["a change there and back", place(null), place(null), SELF_TOLD, true],
    ["a parent made for others", place(null), place(BARE), SELF_TOLD, false],
    [
      "a parent that gets data",
      place(BARE),
      place(node({ changedAt: 12n, version: 1 })),
      SELF_TOLD,
      true,
    ],
    ["a child", place(parent(0)), place(parent(1), { a: DATA }), NOTHING_TOLD, true],
    ["a child that goes", place(parent(1), { a: DATA }), place(parent(2)), NOTHING_TOLD, true],
    ["a child that came and went", place(parent(0)), place(parent(2)), NOTHING_TOLD, true],
    [
      "a child that is a parent",
      place(parent(0)),
      place(parent(1), { a: BARE }),
      NOTHING_TOLD,
      false,
    ],
    [
      "a parent, and a child that came and went",
      place(parent(0)),
      place(parent(3), { a: BARE }),
      NOTHING_TOLD,
      true,
    ],
    [
      "a child that went unseen",
      place(parent(0)),
      place(parent(1), { a: null }),
      NOTHING_TOLD,
      true,
    ],
    [
      "a child's data",
      place(parent(1), { a: DATA }),
      place(parent(1), { a: node({ changedAt: 12n, version: 1 }) }),
      { self: false, children: new Set(["a"]) },
      true,
    ],
    [
      "a child replaced while its parent was",
      place(parent(1), { a: DATA }),
      place(node({ createdAt: 20n, hasData: false, childChanges: 1 }), { a: DATA }),
      SELF_TOLD,
      true,
    ],
  ] as const
) {
  Deno.test(`${what}: ${expected ? "is" : "is no"} news`, () => {
    assertEquals(showsNews(before, after, told), expected);
  });
}

for (
  const [what, seen, nearest, expected] of [
    ["data from before", place(DATA), DATA, false],
    ["data from after", place(node({ changedAt: 101n, version: 3 })), DATA, true],
    ["a parent made after", place(node({ createdAt: 101n, hasData: false })), null, false],
    ["a child from after", place(parent(1), { a: node({ changedAt: 101n }) }), parent(1), true],
    ["a list from after", place(BARE), node({ childrenChangedAt: 101n }), true],
    ["nothing, below a list from before", place(null), parent(3), false],
    ["nothing, below a list from after", place(null), node({ childrenChangedAt: 101n }), true],
    [
      "nothing, below a node made after",
      place(null),
      node({ createdAt: 101n, childrenChangedAt: 101n }),
      false,
    ],
  ] as const
) {
  Deno.test(`first look, ${what}: ${expected ? "is" : "is no"} news`, () => {
    assertEquals(showsLaterChange(seen, 100n, nearest), expected);
  });
}
