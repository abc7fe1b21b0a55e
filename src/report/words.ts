import { counted } from '../text/numbers.ts';

/** A label as people write it: `service_staff` becomes `service staff`. */
export function humanLabel(label: string): string {
  return label.replaceAll('_', ' ');
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.95 ? value.toFixed(1) : Math.round(value)}%`;
}

/** `41% (34 to 48%)`: a share with its 95 % interval. */
export function interval({ share, low, high }: { share: number; low: number; high: number }): string {
  return `${percent(share)} (${range({ low, high })})`;
}

/** `34 to 48%`. */
export function range({ low, high }: { low: number; high: number }): string {
  return `${percent(low).slice(0, -1)} to ${percent(high)}`;
}

/** A difference of shares in percentage points, with its sign. */
export function pointsOf(difference: number): string {
  const value = Math.round(difference * 100);
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value)} points`;
}

/** `1 comment`, `2 comments`. */
export function comments(value: number): string {
  return counted(value, 'comment');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `2026-01 to 2026-03`. */
export function period({ start, end }: { start: string; end: string }): string {
  return start === end ? start : `${start} to ${end}`;
}
