import { excerpt } from './excerpt.ts';

/** Most names that a list shows: a message is no place for the header of a wide table. */
const shownNames = 20;
/** Characters of a name that are shown: questions are names, and a file that is no table may be one name as a whole. */
const shownCharacters = 200;

/** Names for a message, each between backticks: `` `id`, `text` ``. */
export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).map((name) => `\`${shortName(name)}\``);
  if (names.length > shown.length) shown.push(`... (${names.length} in all)`);
  return shown.join(', ');
}

/** A name as messages show it. */
export function shortName(name: string): string {
  return excerpt(name, shownCharacters);
}

/** Whether a name is short enough to be typed, as hints ask for it; else its number is. */
export function isTypable(name: string): boolean {
  return name.length <= shownCharacters;
}

/** Parts of a sentence, like `one, two and three`. */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
