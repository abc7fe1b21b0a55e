import { stat } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { explain, type ExplainedPrediction, type ExplainTextOptions } from '../explain.ts';
import { formatScore } from '../records/prediction-view.ts';
import { printable, shownName } from '../text/printable.ts';
import { shellPath } from '../text/shell-word.ts';
import { textTable } from '../text/text-table.ts';
import type { Terminal } from './terminal.ts';

export type Flags = Omit<ExplainTextOptions, 'text'> & { json?: boolean };

export async function runExplain(given: string | undefined, flags: Flags, terminal: Terminal): Promise<void> {
  const text = await textOf(given, terminal);
  if (text.trim() === '') {
    throw new UsageError('OPTION_INVALID', 'Expected a text to explain, got none', {
      hint: 'Put it in quotes: `voxpop explain "Great staff, but the room was filthy."`',
    });
  }
  const labels = await explain({ ...flags, text });
  terminal.stdout.write(flags.json === true ? asJson(text, labels) : asTable(text, labels, terminal));
}

/** Bytes of a text on stdin, at most. */
const maxTextBytes = 1 << 20;

/** The text that is given, or what stdin holds. */
async function textOf(given: string | undefined, { stdin }: Terminal): Promise<string> {
  if (given === undefined ? !stdin.isTTY : given === '-') return readText(stdin);
  const text = given ?? '';
  if (text !== '' && (await isFile(text))) {
    throw new UsageError(
      'OPTION_INVALID',
      `Expected a text to explain, got the name of a file: ${shownName(text)}`,
      {
        hint: `For the rows of a file: \`voxpop score ${shellPath(text)} --explain --to jsonl\`; as one text: \`voxpop explain < ${shellPath(text)}\`.`,
      },
    );
  }
  return text;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** @throws UsageError for bytes that are no text, or too many */
async function readText(stdin: Terminal['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Buffer));
    bytes += (chunk as Buffer).length;
    if (bytes > maxTextBytes) throw notOneText('more than a megabyte');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  } catch {
    throw notOneText('bytes that are no UTF-8');
  }
}

function notOneText(found: string): UsageError {
  return new UsageError('OPTION_INVALID', `Expected one text to explain on stdin, got ${found}`, {
    hint: 'For the rows of a file: `voxpop score FILE --explain --to jsonl`.',
  });
}

function asJson(text: string, labels: readonly ExplainedPrediction[]): string {
  const explanation = labels.map(({ task, label, score, parts }) => ({
    task,
    label,
    score: Number(formatScore(score)),
    parts: parts.map(({ start, end, text: words, weight }) => ({
      start: codePoints(text, start),
      end: codePoints(text, end),
      text: words,
      weight: Number(weight.toFixed(4)),
    })),
  }));
  return `${JSON.stringify({ text, explanation }, null, 2)}\n`;
}

function codePoints(text: string, end: number): number {
  return Array.from(text.slice(0, end)).length;
}

function asTable(text: string, labels: readonly ExplainedPrediction[], { stdout, env }: Terminal): string {
  if (labels.length === 0)
    return 'no labels: the text says nothing, or nothing that these tasks have a label for\n';
  const hasColour = stdout.isTTY && env['NO_COLOR'] === undefined;
  const [open, close] = hasColour ? ['\u001b[1;7m', '\u001b[0m'] : ['[', ']'];
  return textTable(
    labels.map(({ task, label, score, parts }) => [
      shownName(task),
      shownName(label),
      formatScore(score),
      parts.length === 0 ? '(no word in particular)' : marked(text, parts, open, close),
    ]),
    { hasHead: false },
  );
}

function marked(text: string, parts: ExplainedPrediction['parts'], open: string, close: string): string {
  const shown = (from: number, to?: number): string => printable(text.slice(from, to), Infinity);
  let line = '';
  let at = 0;
  for (const { start, end } of parts) {
    line += shown(at, start) + open + shown(start, end) + close;
    at = end;
  }
  return line + shown(at);
}
