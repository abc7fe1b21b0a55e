import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { InputError } from '../errors.ts';

/** A label of a codeframe, and what its makers say of it, in any language. */
export interface CodeframeLabel {
  label: string;
  description: string;
  /** Words that hint at the label. */
  keywords: string[];
  /** Texts that have the label. */
  examples: string[];
  /** Words that decide on the label by themselves. */
  must: string[];
}

const columns = ['label', 'description', 'keywords', 'examples', 'must'] as const;
type Column = (typeof columns)[number];

/** In the column `must`: all keywords of the row decide. */
const affirmations = new Set(['1', 'x', 'yes', 'true', 'must']);
/** A codeframe is read by people before it is read here; a larger file is something else. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads a codeframe: CSV with a header, of whose columns only `label` is needed.
 * @throws InputError
 */
export async function readCodeframe(path: string): Promise<CodeframeLabel[]> {
  const fail = (message: string, line?: number): never => {
    throw new InputError('CODEFRAME_INVALID', message, { file: path, line }, { hint });
  };
  const text = await readFile(path, 'utf8').catch((cause: Error) =>
    fail(`expected a codeframe, found none: ${cause.message}`),
  );
  if (text.length > maxBytes) fail('expected a codeframe, found a file of more than 16 MB');
  const records = parseTable(text, fail);
  const [head, ...rows] = records;
  const names = (head?.cells ?? []).map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !columns.includes(name as Column));
  if (unknown !== undefined || !names.includes('label')) {
    fail(
      `expected the columns ${columns.join(', ')}, found ${names.map((name) => `\`${name}\``).join(', ') || 'none'}`,
      1,
    );
  }
  const labels = rows.flatMap(({ cells, line }): CodeframeLabel[] => {
    const cell = (name: Column): string => (cells[names.indexOf(name)] ?? '').trim();
    if (cells.every((value) => value.trim() === '')) return [];
    const label = cell('label');
    if (label === '') fail('expected a label, found an empty cell', line);
    if (label.includes(';')) fail(`expected a label without \`;\`, found ${JSON.stringify(label)}`, line);
    const keywords = split(cell('keywords'), /[;,\n、，；،]/u);
    const must = affirmations.has(cell('must').toLowerCase())
      ? keywords
      : split(cell('must'), /[;,\n、，；،]/u);
    return [
      {
        label,
        description: cell('description'),
        keywords,
        examples: split(cell('examples'), /[;\n|]/u),
        must,
      },
    ];
  });
  if (labels.length < 2) fail(`expected at least two labels, found ${labels.length}`);
  const twice = labels.find(
    ({ label }, index) => labels.findIndex((other) => other.label === label) !== index,
  );
  if (twice !== undefined) fail(`expected every label once, found \`${twice.label}\` twice`);
  return labels;
}

const hint =
  'Write it like: label,description,keywords,examples and a line per label; lists are separated by `;`.';

function parseTable(text: string, fail: (message: string) => never): { cells: string[]; line: number }[] {
  const head = text.slice(0, text.indexOf('\n') === -1 ? undefined : text.indexOf('\n'));
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, parts: head.split(delimiter).length }));
  const { delimiter } = counts.reduce((best, next) => (next.parts > best.parts ? next : best));
  try {
    const found = parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
    });
    return (found as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      cells: record,
      line: info.lines,
    }));
  } catch (cause) {
    return fail(`expected CSV: ${(cause as Error).message}`);
  }
}

function split(cell: string, at: RegExp): string[] {
  return [...new Set(cell.split(at).map((part) => part.trim()))].filter((part) => part !== '');
}
