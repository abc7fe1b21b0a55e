/** Cuts a text to so many UTF-16 units, with `...` behind when it goes on. */
export function excerpt(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters).toWellFormed()}...` : text;
}
