/** The command line that goes on with this run, ready to be pasted. */
export function resumeCommand(argv: readonly string[]): string {
  return ['voxpop', ...resumeArguments(argv)].map(quote).join(' ');
}

/** Puts `--resume` right behind the command, where it cannot be taken for a file: after `--` everything is one. */
export function resumeArguments([command = 'score', ...rest]: readonly string[]): string[] {
  return [command, '--resume', ...rest.filter((word) => word !== '--resume')];
}

/** What a terminal would act upon, or hide, is written as bash, zsh and ksh read it: `$'\x1b'`. */
function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word
    .replaceAll(/['\\]/g, '\\$&')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  return `$'${escaped}'`;
}
