/**
 * Tables for people: columns as wide as their widest cell, numbers to the right.
 *
 * @module
 */

/** One column. */
export interface Column {
  readonly title: string;
  /** @default {"left"} */
  readonly align?: "left" | "right";
}

/** Returns the lines of a table, each with its line end; the title line alone where there is no row. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    columns.map(({ align }, index) => {
      const cell = cells[index] ?? "";
      return align === "right" ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
    }).join("  ").trimEnd() + "\n";
  return line(columns.map(({ title }) => title)) + rows.map(line).join("");
}

/** Returns a count with thin groups of three digits: `1 234 567`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Returns a time span in the two largest units that say something: `3 min 20 s`, `0.4 s`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
