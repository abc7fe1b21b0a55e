import { type CommandWords, type OptionWords, type ScriptWriter, type Values, withPaths } from './words.ts';

/** A script for fish. */
export const fishScript: ScriptWriter = (program) => {
  const lines = withPaths(program).flatMap(([command, path]) => linesOf(program.name, command, path));
  return `# Completes ${program.name} in fish: ${program.name} completions fish | source
complete -c ${program.name} -e
${lines.join('\n')}
`;
};

function linesOf(program: string, command: CommandWords, path: string[]): string[] {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const inside = command.commands.map(({ name }) => name);
  const none = inside.length === 0 ? [] : [`not __fish_seen_subcommand_from ${inside.join(' ')}`];
  const start = `complete -c ${program} -n ${quoted([...seen, ...none].join('; and '))}`;
  return [
    ...command.commands.map(({ name, description }) => `${start} -f -a ${name} -d ${quoted(description)}`),
    ...command.options.map((option) => `${start} ${optionFlags(option)} -d ${quoted(option.description)}`),
    ...(inside.length === 0 ? [`${start} ${valueFlags(command.argument)}`] : []),
  ];
}

function optionFlags({ names, value }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return value === undefined ? flags.join(' ') : `${flags.join(' ')} -r ${valueFlags(value)}`;
}

function valueFlags(values: Values): string {
  if (values.kind === 'files') return '-F';
  if (values.kind === 'anything') return '-f';
  const words = values.words.join(' ');
  return `-f -a ${quoted(values.kind === 'words' ? words : `(__fish_append , ${words})`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
