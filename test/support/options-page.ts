import type { Command } from 'commander';
import { createProgram } from '../../src/cli.ts';
import type { Terminal } from '../../src/commands/terminal.ts';

/** The command lines of voxpop, each before those inside it, in the order of the help. */
export function commandLines(command: Command = createProgram({} as Terminal)): string[] {
  const inside = command.commands.map((one) => commandLines(one).map((line) => `${command.name()} ${line}`));
  return [command.name(), ...inside.flat()];
}

/** The page of options with a chapter for each command, whose help is left to be filled in; any other page as it is. */
export function withCommandLines(text: string): string {
  const chapters = commandLines().map((line) => `## ${line}\n\n\`\`\`console\n$ ${line} --help\n\`\`\`\n\n`);
  return text.replace(
    /(<!-- begin:commands -->\n\n)[^]*(<!-- end:commands -->)/,
    (_, begin: string, end: string) => `${begin}${chapters.join('')}${end}`,
  );
}
