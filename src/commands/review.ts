import { UsageError } from '../errors.ts';
import { outputMode } from '../records/output-mode.ts';
import type { ReviewOptions } from '../review/options.ts';
import { reviewPage } from '../review/page.ts';
import { review } from '../review/review.ts';
import { count } from '../text/numbers.ts';
import { checkPageOutput } from './check-page-output.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

export type Flags = ReviewOptions & { output?: string; force?: boolean; quiet?: boolean };

export async function runReview(flags: Flags, terminal: Terminal): Promise<void> {
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
    ...found.notices,
    `${count(found.rows.length)} of ${count(found.texts)} texts to look at; what the page saves is for \`voxpop teach --with\``,
  );
}
