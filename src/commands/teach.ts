import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { type TeachOptions, teachOptionTable } from '../teach/options.ts';
import { teach } from '../teach/teach.ts';
import { teachText } from '../teach/teach-text.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { addOptions } from './add-options.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

const examples = `
Examples:
  voxpop teach labelled.csv --task department=Department --text comment -o models/acme
  voxpop teach labelled.csv --task topic=Thema --replace topic -o models/acme --suspects suspects.csv
  voxpop teach labelled.csv --with corrected.csv --task department=Department -o models/acme --force
  voxpop score survey.csv -m models/acme -o survey.labelled.csv

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, ${interruptedCodes} interrupted.`;

type Flags = TeachOptions & { json?: boolean; quiet?: boolean; progress: boolean };

export function teachCommand(terminal: Terminal): Command {
  const command = new Command('teach')
    .description('Make a bundle with tasks and labels of your own, from labelled rows.')
    .argument('<labelled...>', 'files with texts and labels; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, teachOptionTable);
  return command.action((inputs: string[], flags: Flags) => runTeach(inputs, flags, terminal));
}

async function runTeach(inputs: string[], flags: Flags, terminal: Terminal): Promise<void> {
  const bar = createProgressBar(terminal, flags.quiet !== true && flags.progress);
  try {
    const { document, notices } = await teach(
      { ...flags, inputs, stdin: terminal.stdin, signal: terminal.signal },
      {
        onProgress: (texts, total) =>
          bar.update({ counts: { rows: texts }, bytesRead: 0, totalBytes: undefined, totalRows: total }),
      },
    );
    bar.stop();
    if (flags.quiet !== true) say(terminal, ...notices);
    const text =
      flags.json === true ? `${printableJson(document, 2)}\n` : printableLines(teachText(document));
    await writeResult(text, undefined, terminal);
  } finally {
    bar.stop();
  }
}
