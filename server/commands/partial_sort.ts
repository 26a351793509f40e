/**
 * Puts a part of an array in order, without ordering the rest: what a LIMIT or COUNT leaves to be shown.
 *
 * The quicksort of Bentley and McIlroy ("Engineering a Sort Function", 1993), which skips partitions out of the part.
 * Among equals it must be this very algorithm: it decides which of them are shown, and Redis uses it.
 *
 * @module
 */

/** Below 0, 0 or above: the order of two items. */
export type Compare<Item> = (one: Item, other: Item) => number;

/** Up to so many items are sorted by insertion. */
const INSERTION_MAX = 6;
/** From so many on the pivot is the median of three medians. */
const NINTHER_MIN = 41;

/** Orders `items` so that those at `first` to `last` are what they were if all were sorted. */
export function sortPart<Item>(
  items: Item[],
  first: number,
  last: number,
  compare: Compare<Item>,
): void {
  sortWithin(items, { start: 0, end: items.length }, { first, last }, compare);
}

function sortWithin<Item>(
  items: Item[],
  { start, end }: { start: number; end: number },
  part: { readonly first: number; readonly last: number },
  compare: Compare<Item>,
): void {
  while (end - start > INSERTION_MAX) {
    swap(items, start, pivotOf(items, start, end, compare));
    const { less, greater } = partition(items, start, end, compare);
    if (less > 1 && overlaps(part, start, start + less)) {
      sortWithin(items, { start, end: start + less }, part, compare);
    }
    start = end - greater;
    if (greater <= 1 || !overlaps(part, start, end)) return;
  }
  insertionSort(items, start, end, compare);
}

function overlaps(
  { first, last }: { readonly first: number; readonly last: number },
  start: number,
  end: number,
): boolean {
  return !(first < start && last < start) && !(first >= end && last >= end);
}

function insertionSort<Item>(
  items: Item[],
  start: number,
  end: number,
  compare: Compare<Item>,
): void {
  for (let i = start + 1; i < end; i++) {
    for (let at = i; at > start && compare(items[at - 1]!, items[at]!) > 0; at--) {
      swap(items, at, at - 1);
    }
  }
}

function pivotOf<Item>(items: Item[], start: number, end: number, compare: Compare<Item>): number {
  const count = end - start;
  let middle = start + (count >> 1);
  if (count === INSERTION_MAX + 1) return middle;
  let low = start;
  let high = end - 1;
  if (count >= NINTHER_MIN) {
    const step = count >> 3;
    low = medianOf(items, [low, low + step, low + 2 * step], compare);
    middle = medianOf(items, [middle - step, middle, middle + step], compare);
    high = medianOf(items, [high - 2 * step, high - step, high], compare);
  }
  return medianOf(items, [low, middle, high], compare);
}

function medianOf<Item>(
  items: Item[],
  [a, b, c]: [number, number, number],
  compare: Compare<Item>,
): number {
  const isBefore = (one: number, other: number) => compare(items[one]!, items[other]!) < 0;
  if (isBefore(a, b)) return isBefore(b, c) ? b : isBefore(a, c) ? c : a;
  return compare(items[b]!, items[c]!) > 0 ? b : isBefore(a, c) ? a : c;
}

/** Parts items by the pivot at `start`: those less first, those greater last; returns how many of each. */
function partition<Item>(
  items: Item[],
  start: number,
  end: number,
  compare: Compare<Item>,
): { less: number; greater: number } {
  // Equals gather at both ends, and go to the middle afterwards.
  let equalLow = start + 1;
  let low = start + 1;
  let high = end - 1;
  let equalHigh = end - 1;
  for (;;) {
    for (let order = 0; low <= high; low++) {
      if ((order = compare(items[low]!, items[start]!)) > 0) break;
      if (order === 0) swap(items, equalLow++, low);
    }
    for (let order = 0; low <= high; high--) {
      if ((order = compare(items[high]!, items[start]!)) < 0) break;
      if (order === 0) swap(items, high, equalHigh--);
    }
    if (low > high) break;
    swap(items, low++, high--);
  }
  const less = low - equalLow;
  const greater = equalHigh - high;
  swapRuns(items, start, low, Math.min(equalLow - start, less));
  swapRuns(items, low, end, Math.min(greater, end - equalHigh - 1));
  return { less, greater };
}

/** Swaps `count` items from `from` on with those that end before `end`. */
function swapRuns<Item>(items: Item[], from: number, end: number, count: number): void {
  for (let i = 0; i < count; i++) swap(items, from + i, end - count + i);
}

function swap<Item>(items: Item[], one: number, other: number): void {
  const item = items[one]!;
  items[one] = items[other]!;
  items[other] = item;
}
