/** Most names that a list shows: a message is no place for the header of a wide table. */
const shownNames = 20;

/** Names for a message, each between backticks: `` `id`, `text` ``. */
export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).map((name) => `\`${name}\``);
  if (names.length > shown.length) shown.push(`... (${names.length} in all)`);
  return shown.join(', ');
}

/** Parts of a sentence, like `one, two and three`. */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
