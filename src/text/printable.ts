/** Characters of a name from a file that are shown; its two ends tell most. */
const nameCharacters = 100;

/** Characters of a whole line of words: a few names, and what is said about them. */
const lineCharacters = 2000;

/** What ends a line or moves the cursor on it. */
const spaces = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;

/**
 * What a terminal takes for a command (C0 and C1 controls), what turns the direction of the text around it, and what
 * is not seen at all. Joiners stay: Persian, Hindi and emoji need them.
 */
const unseen =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * Makes one line of text for people out of text that may hold anything: the only way in which strings from files,
 * bundles and command lines get into words. Neither a terminal nor a CI service takes it for a command: control
 * characters and direction marks are spelled out, `::` at the start and `##[` anywhere are parted, and a long text
 * loses its middle.
 */
export function printable(text: string, longest = lineCharacters): string {
  return cut(text, longest)
    .toWellFormed()
    .replaceAll(spaces, ' ')
    .replaceAll(unseen, spelled)
    .replace(/^\s*::/u, ': :')
    .replaceAll(/##(?=\w*\[)/gu, '## ');
}

/** Text of several lines that voxpop has laid out, such as a table: `printable` line by line, and none cut. */
export function printableLines(text: string): string {
  const lines = text.split('\n').map((line) => printable(line, Infinity));
  return lines.join('\n');
}

/** A name from a file (column, key, label, bundle), as `printable` shows it inside a sentence. */
export function shownName(name: string): string {
  return printable(name, nameCharacters);
}

/** Names from a file, the first of many; in backticks. */
export function shownNames(names: readonly string[], most = 20): string {
  const shown = names.slice(0, most).map((name) => `\`${shownName(name)}\``);
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/**
 * JSON whose strings are the same to a parser, and no commands to a terminal or a CI service: control characters
 * and direction marks are escaped, which plain JSON does for some of them only.
 */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replaceAll(unseen, (character) => (character === '\n' ? character : spelled(character)))
    .replaceAll(/[\u2028\u2029]/gu, spelled)
    .replaceAll(/##(?=\w*\[)/gu, '#\\u0023');
}

/** As in JSON: `\u001b`. */
function spelled(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const [start, end] = [Math.ceil(longest * 0.7), Math.floor(longest * 0.3)];
  return `${text.slice(0, start)}[... ${text.length - start - end} characters ...]${text.slice(text.length - end)}`;
}
