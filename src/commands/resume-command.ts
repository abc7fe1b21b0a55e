/** The command line that goes on with this run, ready to be pasted. */
export function resumeCommand(argv: readonly string[]): string {
  return ['voxpop', ...resumeArguments(argv)].map(quote).join(' ');
}

/** A run that goes on does not start over, and is resumed once. */
export function resumeArguments(argv: readonly string[]): string[] {
  return [...argv.filter((word) => word !== '--force' && word !== '--resume'), '--resume'];
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
