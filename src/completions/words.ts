/** What may stand at a place of the command line: some words, a list of them with commas between, or files. */
export type Values =
  | { kind: 'words'; words: string[] }
  | { kind: 'list'; words: string[] }
  | { kind: 'files' }
  | { kind: 'anything' };

/** An option as a shell completes it. */
export interface OptionWords {
  /** As they are typed: `-o`, `--output`. */
  names: string[];
  description: string;
  /** What follows the option; undefined for a switch. */
  value: Values | undefined;
}

/** A command with the commands inside it. */
export interface CommandWords {
  name: string;
  description: string;
  options: OptionWords[];
  /** What its arguments may be. */
  argument: Values;
  commands: CommandWords[];
}

/** A script in a shell's language, which completes the command lines of a program. */
export type ScriptWriter = (program: CommandWords) => string;

/** Each command with the names that lead to it from the program on, the program first. */
export function withPaths(command: CommandWords, path: string[] = []): [CommandWords, string[]][] {
  return [
    [command, path],
    ...command.commands.flatMap((inside) => withPaths(inside, [...path, inside.name])),
  ];
}
