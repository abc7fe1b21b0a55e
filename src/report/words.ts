const shortLength = 23;

/** A label as people write it: `service_staff` becomes `service staff`. */
export function humanLabel(label: string): string {
  return label.replaceAll('_', ' ');
}

/** A label that fits beside a bar. */
export function shortLabel(label: string, length = shortLength): string {
  const characters = [...humanLabel(label)];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : characters.join('');
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.95 ? value.toFixed(1) : Math.round(value)}%`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 comment`, `2 comments`. */
export function comments(value: number): string {
  return `${count(value)} ${value === 1 ? 'comment' : 'comments'}`;
}
