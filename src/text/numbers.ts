/** Divides a part by the whole; without any cases the ratio is 0. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Rounds to six decimals: more than a figure ever means, and the same text for the same figure. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** A ratio with the six decimals of documents. */
export function share(part: number, whole: number): number {
  return round(ratio(part, whole));
}

/** Writes a share from 0 to 1 with three decimals, as in `0.712`; nothing for a figure that there is not. */
export function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}

/** Writes a difference of shares in percentage points with its sign, as in `+0.42`. */
export function points(value: number): string {
  const rounded = (value * 100).toFixed(2);
  return value > 0 ? `+${rounded}` : rounded;
}

/** Writes a whole number with commas, as in `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Writes a number of things in words, as in `1 row` or `2 rows`. */
export function counted(value: number, name: string): string {
  return `${count(value)} ${name}${value === 1 ? '' : 's'}`;
}

/** Writes bytes as megabytes with one decimal, as in `26.9`; the unit is said elsewhere. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
