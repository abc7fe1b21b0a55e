import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, Command, type Option } from 'commander';
import { defaultBundle, findBundle, shippedBundles } from '../bundle/find-bundle.ts';
import { bundleFiles } from '../bundle/bundle-files.ts';
import type { CommandWords, ScriptWriter, Values } from '../completions/words.ts';
import type { Terminal } from './terminal.ts';

/** Imported when they are asked for, as is all that other commands do not need. */
const writers: Record<string, () => Promise<ScriptWriter>> = {
  bash: async () => (await import('../completions/bash.ts')).bashScript,
  zsh: async () => (await import('../completions/zsh.ts')).zshScript,
  fish: async () => (await import('../completions/fish.ts')).fishScript,
};

const examples = `
Examples:
  eval "$(voxpop completions bash)"       in ~/.bashrc
  eval "$(voxpop completions zsh)"        in ~/.zshrc, after compinit
  voxpop completions fish | source        in ~/.config/fish/config.fish`;

export function completionsCommand(terminal: Terminal): Command {
  return new Command('completions')
    .description('Print a script that completes commands, options, tasks and bundles in a shell.')
    .addArgument(new Argument('<shell>', 'the shell to print it for').choices(Object.keys(writers)))
    .addHelpText('after', examples)
    .action(async (shell: string, _: unknown, { parent }: Command) => {
      const program = describe(parent as Command, await namedValues());
      const write = await (writers[shell] as () => Promise<ScriptWriter>)();
      terminal.stdout.write(write(program));
    });
}

/** What may stand for the names that usage texts put between brackets, `<bundle>` or `[a]`. */
type NamedValues = (name: string, choices: string[] | undefined) => Values;

async function namedValues(): Promise<NamedValues> {
  const bundles: Values = { kind: 'words', words: await shippedBundles() };
  const { parseBundleJson } = await import('../bundle/bundle-json.ts');
  const path = join(await findBundle(defaultBundle), bundleFiles.json);
  const tasks = parseBundleJson(await readFile(path), path).tasks.map(({ name }) => name);
  const byName: Record<string, Values> = {
    bundle: bundles,
    bundles,
    names: { kind: 'list', words: tasks },
    file: { kind: 'files' },
    task: { kind: 'words', words: tasks },
  };
  const openTasks: Values = { kind: 'words', words: tasks.map((task) => `${task}=`) };
  return (name, choices) => {
    if (choices !== undefined) return { kind: 'words', words: choices };
    return name.startsWith('task=') ? openTasks : (byName[name] ?? { kind: 'anything' });
  };
}

function describe(command: Command, valuesOf: NamedValues): CommandWords {
  const help = command.createHelp();
  const [argument] = command.registeredArguments;
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      description: option.description,
      value: optionValues(option, valuesOf),
    })),
    argument: argument === undefined ? { kind: 'anything' } : argumentValues(argument, valuesOf),
    commands: help.visibleCommands(command).map((inside) => describe(inside, valuesOf)),
  };
}

/** Arguments are files, unless they are known to be something else. */
function argumentValues(argument: Argument, valuesOf: NamedValues): Values {
  const values = valuesOf(argument.name(), argument.argChoices);
  return values.kind === 'anything' ? { kind: 'files' } : values;
}

function optionValues({ flags, argChoices }: Option, valuesOf: NamedValues): Values | undefined {
  const name = /[<[](.*?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1];
  return name === undefined ? undefined : valuesOf(name, argChoices);
}
