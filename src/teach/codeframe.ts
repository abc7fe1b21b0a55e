import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { labelSeparator } from '../records/output-names.ts';
import { readSmallTable } from '../records/small-table.ts';

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

/** In the column `must`: all keywords of the row decide. */
const affirmations = new Set(['1', 'x', 'yes', 'true', 'must']);

/**
 * Reads a codeframe: CSV with a header, of whose columns only `label` is needed.
 * @throws InputError
 */
export async function readCodeframe(path: string): Promise<CodeframeLabel[]> {
  const fail = (message: string, line?: number): never => {
    throw new InputError(use.code, message, { file: path, line }, { hint: use.hint });
  };
  const bytes = await readFile(path).catch((cause: Error) =>
    fail(`expected a codeframe, found none: ${cause.message}`),
  );
  const rows = readSmallTable(path, bytes, { all: columns, required: ['label'], only: true }, use);
  const labels = rows.map(({ cells, line }): CodeframeLabel => {
    const { label, description } = cells;
    if (label === '') fail('expected a label, found an empty cell', line);
    if (label.includes(labelSeparator)) {
      fail(`expected a label without \`${labelSeparator}\`, found ${JSON.stringify(label)}`, line);
    }
    const keywords = split(cells.keywords, /[;,\n、，；،]/u);
    const must = affirmations.has(cells.must.toLowerCase()) ? keywords : split(cells.must, /[;,\n、，；،]/u);
    return { label, description, keywords, examples: split(cells.examples, /[;\n|]/u), must };
  });
  if (labels.length < 2) fail(`expected at least two labels, found ${labels.length}`);
  const twice = labels.find(
    ({ label }, index) => labels.findIndex((other) => other.label === label) !== index,
  );
  if (twice !== undefined) fail(`expected every label once, found \`${twice.label}\` twice`);
  return labels;
}

const use = {
  code: 'CODEFRAME_INVALID',
  hint: 'Write it like: label,description,keywords,examples and a line per label; lists are separated by `;`.',
};

function split(cell: string, at: RegExp): string[] {
  return [...new Set(cell.split(at).map((part) => part.trim()))].filter((part) => part !== '');
}
