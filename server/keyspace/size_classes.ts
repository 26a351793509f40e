/**
 * The cell sizes of the arena: every 8 bytes up to 256, then steps of about an eighth up to 32 KiB.
 *
 * Invariant: sizes above 256 divide a slab with less than 8 bytes lost per cell, so that a slab has no unused tail.
 *
 * @module
 */

/** Bytes of a slab: the piece of memory that is cut into cells of one size. */
export const SLAB_BYTES = 65536;
/** Bytes of the largest cell; anything bigger takes whole pages. */
export const MAX_CELL_BYTES = 32768;

const FINE_LIMIT = 256;

function cellSizes(): number[] {
  const sizes: number[] = [0];
  for (let size = 8; size <= FINE_LIMIT; size += 8) sizes.push(size);
  let cells = Math.floor(SLAB_BYTES / FINE_LIMIT);
  for (let size = FINE_LIMIT; size < MAX_CELL_BYTES;) {
    cells = Math.min(cells - 1, Math.ceil(SLAB_BYTES / (size * 1.125)));
    size = Math.floor(SLAB_BYTES / cells) & ~7;
    sizes.push(size);
  }
  return sizes;
}

/** Bytes per cell, by size class; class 0 is unused. */
export const CELL_BYTES: Int32Array = Int32Array.from(cellSizes());

/** Cells per slab, by size class. */
export const CELLS_PER_SLAB: Int32Array = CELL_BYTES.map((size) =>
  size === 0 ? 0 : Math.floor(SLAB_BYTES / size)
);

/** The size class for a request of `8 * index` bytes or up to 7 fewer. */
export const CLASS_OF_UNITS: Uint8Array = classOfUnits();

function classOfUnits(): Uint8Array {
  const classes = new Uint8Array(MAX_CELL_BYTES / 8 + 1);
  let sizeClass = 1;
  for (let units = 0; units < classes.length; units++) {
    while (CELL_BYTES[sizeClass]! < units * 8) sizeClass++;
    classes[units] = sizeClass;
  }
  return classes;
}
