/** The start of a text, at most so many UTF-16 units of it, with `...` behind when it goes on. */
export function excerpt(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters).toWellFormed()}...` : text;
}
