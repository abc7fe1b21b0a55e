import { Command } from 'commander';
import { UsageError, interruptedCodes } from '../errors.ts';
import { outputMode } from '../records/output-mode.ts';
import { type ReviewOptions, reviewOptionTable } from '../review/options.ts';
import { reviewPage } from '../review/page.ts';
import { review } from '../review/review.ts';
import { count } from '../text/numbers.ts';
import { addOptions } from './add-options.ts';
import { checkPageOutput } from './check-page-output.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

const examples = `
Examples:
  voxpop review survey.labelled.csv --task department -o review.html
  voxpop review survey.labelled.csv --task topic -m models/acme --rows 200 -o review.html
  voxpop teach labelled.csv --with department.corrected.csv --task department=Department -o models/acme --force

Exit codes: 0 done, 1 failed while running, 2 usage or input wrong, ${interruptedCodes} interrupted.`;

type Flags = ReviewOptions & { output?: string; force?: boolean; quiet?: boolean };

export function reviewCommand(terminal: Terminal): Command {
  const command = new Command('review')
    .description('Show the rows of a scored file that are worth a look, in a page to correct them in.')
    .argument('<scored>', 'output of `voxpop score`; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, reviewOptionTable);
  return command.action((input: string, flags: Flags) => runReview({ ...flags, input }, terminal));
}

async function runReview(flags: Flags, terminal: Terminal): Promise<void> {
  const { output, input } = flags;
  await checkPageOutput(flags, terminal);
  if (output === undefined && terminal.stdout.isTTY) {
    throw new UsageError('OUTPUT_MISSING', 'Expected a file for the HTML page, got a terminal', {
      hint: 'Write it to a file: `-o review.html`.',
    });
  }
  const found = await review({ ...flags, stdin: terminal.stdin, signal: terminal.signal });
  await writeResult(reviewPage(found), output, terminal, await outputMode([input], terminal.stdin));
  if (flags.quiet === true) return;
  say(
    terminal,
    `${count(found.rows.length)} of ${count(found.texts)} texts to look at; what the page saves is for \`voxpop teach --with\``,
  );
}
