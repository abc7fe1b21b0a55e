import { type CommandWords, type ScriptWriter, type Values, withPaths } from './words.ts';

/** A script for bash, from 3.2 on, which macOS has. */
export const bashScript: ScriptWriter = (program) => {
  const commands = withPaths(program);
  const { name } = program;
  const steps = commands.flatMap(([{ commands: inside }, path]) =>
    inside.map((next) => `${pattern(path, next.name)}) command='${[...path, next.name].join(' ')}' ;;`),
  );
  const values = commands.flatMap(([{ options }, path]) =>
    options.flatMap(({ names, value }) =>
      value === undefined
        ? []
        : [`${names.map((each) => pattern(path, each)).join(' | ')}) ${offer(value)} ;;`],
    ),
  );
  const flags = commands.map(
    ([{ options }, path]) =>
      `${pattern(path, '-*')}) ${offer({ kind: 'words', words: options.flatMap(({ names }) => names) })} ;;`,
  );
  const rest = commands.map(([command, path]) => `${pattern(path, '*')}) ${offer(argumentOf(command))} ;;`);
  return `# Completes ${name} in bash: eval "$(${name} completions bash)"
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' words='' prefix='' word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command/\${COMP_WORDS[index]}" in
    ${steps.join('\n    ')}
    esac
  done
  case "$command/\${COMP_WORDS[COMP_CWORD - 1]}" in
  ${values.join('\n  ')}
  *)
    case "$command/$current" in
    ${[...flags, ...rest].join('\n    ')}
    esac
    ;;
  esac
  # Where there are no words bash completes files.
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$prefix$word"); done < <(compgen -W "$words" -- "\${current#"$prefix"}")
  if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o bashdefault -o default -F _${name} ${name}
`;
};

/** Quoted but for a `*` at its end. */
function pattern(path: string[], word: string): string {
  const [, plain, star] = /^(.*?)(\*?)$/.exec(`${path.join(' ')}/${word}`) as unknown as [
    string,
    string,
    string,
  ];
  return `'${plain}'${star}`;
}

function argumentOf({ commands, argument }: CommandWords): Values {
  return commands.length === 0 ? argument : { kind: 'words', words: commands.map(({ name }) => name) };
}

function offer(values: Values): string {
  if (values.kind === 'files' || values.kind === 'anything') return ':';
  const words = `words='${values.words.join(' ')}'`;
  return values.kind === 'words' ? words : `${words}; [[ $current == *,* ]] && prefix="\${current%,*},"`;
}
