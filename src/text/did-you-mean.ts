import { distance } from 'fastest-levenshtein';

/** The known name that a mistyped one was likely meant to be; undefined when none is near enough. */
export function nearest(wanted: string, known: readonly string[]): string | undefined {
  const typed = plainForm(wanted);
  let best: string | undefined;
  let least = Infinity;
  for (const name of known) {
    const edits = distance(typed, plainForm(name));
    if (edits >= least) continue;
    least = edits;
    best = name;
  }
  const length = Math.max(typed.length, best?.length ?? 0);
  return least <= Math.max(2, length / 4) && least * 2 < length ? best : undefined;
}

/**
 * The hint that an unknown name is answered with, if there is one that it was likely meant to be.
 * @param write puts the name into what the user would type
 */
export function didYouMean(
  wanted: string,
  known: readonly string[],
  write: (name: string) => string = String,
): string | undefined {
  const near = nearest(wanted, known);
  return near === undefined ? undefined : `Did you mean \`${write(near)}\`?`;
}

/** A name without what people write differently: case, and how words are joined. */
export function plainForm(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .normalize('NFC')
    .replaceAll(/[\s_-]+/gu, ' ');
}
