/** A ratio without cases is 0. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Six decimals: more than a figure ever means, and the same text for the same figure. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** A ratio as documents hold it. */
export function share(part: number, whole: number): number {
  return round(ratio(part, whole));
}

/** A share as a figure between 0 and 1, `.712`-like figures being harder to read: `0.712`. */
export function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}

/** A difference of shares in points, with its sign. */
export function points(value: number): string {
  const rounded = (value * 100).toFixed(2);
  return value > 0 ? `+${rounded}` : rounded;
}

/** A whole number: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 row`, `2 rows`. */
export function counted(value: number, name: string): string {
  return `${count(value)} ${name}${value === 1 ? '' : 's'}`;
}

/** `26.9`, the unit being said elsewhere. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
