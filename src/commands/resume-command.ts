import { shellWord } from '../text/shell-word.ts';

/** The command line that goes on with this run, ready to be pasted. */
export function resumeCommand(argv: readonly string[]): string {
  return ['voxpop', ...resumeArguments(argv)].map(shellWord).join(' ');
}

/** Puts `--resume` right behind the command, where it cannot be taken for a file: after `--` everything is one. */
export function resumeArguments([command = 'score', ...rest]: readonly string[]): string[] {
  return [command, '--resume', ...rest.filter((word) => word !== '--resume')];
}
