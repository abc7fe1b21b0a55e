import { counted } from '../text/numbers.ts';
import { cutToWidth, displayWidth } from '../text/display-width.ts';

const shortLength = 20;

/** A label as people write it: `service_staff` becomes `service staff`. */
export function humanLabel(label: string): string {
  return label.replaceAll('_', ' ');
}

/** A label that fits beside a bar. */
export function shortLabel(label: string, width = shortLength): string {
  return shortText(humanLabel(label), width);
}

/** A value of a file that fits beside a bar. Wide characters take the room of two. */
export function shortText(text: string, width = shortLength): string {
  return displayWidth(text) <= width ? text : `${cutToWidth(text, width - 1)}…`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.95 ? value.toFixed(1) : Math.round(value)}%`;
}

/** `1 comment`, `2 comments`. */
export function comments(value: number): string {
  return counted(value, 'comment');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
