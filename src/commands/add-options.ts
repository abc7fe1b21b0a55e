import { type Command, Option } from 'commander';
import type { OptionSpec } from '../options.ts';

/** Gives a command the flags of an option table, in its order. */
export function addOptions(command: Command, table: Record<string, OptionSpec>): void {
  for (const spec of Object.values(table)) command.addOption(toOption(spec));
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices) option.choices(spec.choices);
  if (spec.parse) option.argParser(spec.parse);
  if (spec.default !== undefined && spec.default !== '') option.default(spec.default);
  return option;
}
