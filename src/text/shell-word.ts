/** Of a word that has any of these, the rest cannot be seen, or acts upon a terminal. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A word as it is typed in a shell, on one line: bare where that is safe, else in quotes, and what cannot be seen as the
 * octal numbers of its bytes. POSIX shells and zsh read it alike; fish does, but for what cannot be seen.
 */
export function shellWord(word: string): string {
  // zsh takes what begins with = for the path of a command.
  if (/^(?!=)[\p{L}\p{N}_@%+=:,./-]+$/u.test(word)) return word;
  if (word.search(unseen) === -1) return `'${word.replaceAll("'", "'\\''")}'`;
  // What a command prints loses line feeds at its end; this form, which Debian's sh does not know, keeps them.
  if (word.endsWith('\n')) return `$'${word.replaceAll(/['\\]/g, '\\$&').replaceAll(unseen, octal)}'`;
  const format = word.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll("'", "'\\''");
  const start = format.startsWith('-') ? '-- ' : '';
  return `"$(printf ${start}'${format.replaceAll(unseen, octal)}')"`;
}

/** A file's path as it is typed behind a command, of which it is no option. */
export function shellPath(path: string): string {
  return shellWord(path.startsWith('-') ? `./${path}` : path);
}

function octal(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
