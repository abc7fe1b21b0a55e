import type { TeachOptions } from '../teach/options.ts';
import { teach } from '../teach/teach.ts';
import { teachText } from '../teach/teach-text.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

export type Flags = TeachOptions & { json?: boolean; quiet?: boolean; progress: boolean };

export async function runTeach(inputs: string[], flags: Flags, terminal: Terminal): Promise<void> {
  const bar = await createProgressBar(terminal, flags.quiet !== true && flags.progress);
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
