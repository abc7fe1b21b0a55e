import { type CommandWords, type OptionWords, type ScriptWriter, type Values, withPaths } from './words.ts';

/** A script for zsh, to be evaluated or to lie in a folder of `$fpath`. */
export const zshScript: ScriptWriter = (program) => {
  const functions = withPaths(program).map(([command, path]) => functionOf(program.name, command, path));
  return `#compdef ${program.name}
# Completes ${program.name} in zsh: eval "$(${program.name} completions zsh)"
${functions.join('\n')}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _${program.name} "$@"; else compdef _${program.name} ${program.name}; fi
`;
};

function functionOf(program: string, command: CommandWords, path: string[]): string {
  const name = ['', program, ...path].join('_');
  const options = command.options.map((option) => `    ${optionSpec(option)} \\`);
  if (command.commands.length === 0) {
    return `${name}() {
  _arguments -S \\
${options.join('\n')}
    '*:${quoted(command.name)}:${action(command.argument)}'
}
`;
  }
  const commands = command.commands.map((inside) => `'${described(inside.name, inside.description)}'`);
  const cases = command.commands.map((inside) => `    ${inside.name}) ${name}_${inside.name} ;;`);
  return `${name}() {
  local state line curcontext=$curcontext
  local -a commands=(
    ${commands.join('\n    ')}
  )
  _arguments -S -C \\
${options.join('\n')}
    '1: :->command' '*:: :->rest'
  case $state in
  command) _describe command commands ;;
  rest)
    case $line[1] in
${cases.join('\n')}
    esac
    ;;
  esac
}
`;
}

/** Each may stand more than once, since some are meant to. */
function optionSpec({ names, description, value }: OptionWords): string {
  const given = names.length === 1 ? `'*${names[0]}` : `'*'{${names.join(',')}}'`;
  return `${given}[${quoted(description)}]${value === undefined ? '' : `: :${action(value)}`}'`;
}

function action(values: Values): string {
  if (values.kind === 'files') return '_files';
  if (values.kind === 'anything') return ' ';
  if (values.kind === 'list') return `_sequence compadd - ${values.words.join(' ')}`;
  // A value that goes on after its `=` is not followed by a blank.
  const isOpen = values.words.some((word) => word.endsWith('='));
  return isOpen ? `compadd -S "" - ${values.words.join(' ')}` : `(${values.words.join(' ')})`;
}

/** For a specification between single quotes. */
function quoted(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
}

function described(name: string, description: string): string {
  return `${name}:${quoted(description)}`;
}
