import { InputError } from '../errors.ts';
import { excerpt } from '../text/excerpt.ts';
import { refuseForeignText } from './foreign-text.ts';
import { isJsonObject } from './json-fields.ts';
import { type InputFormat, isContainer, type RecordFormat } from './row.ts';

/** Text looked at to find out what a file is. */
export const sniffBytes = 64 * 1024;

/** The format that the extension of a path tells, `.gz` and `.zst` apart. `text` is delimited by something. */
export function formatOfPath(path: string): RecordFormat | 'text' | 'json' | undefined {
  const name = path.toLowerCase().replace(/\.(?:gz|zst)$/u, '');
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.tsv') || name.endsWith('.tab')) return 'tsv';
  if (name.endsWith('.jsonl') || name.endsWith('.ndjson')) return 'jsonl';
  if (name.endsWith('.parquet')) return 'parquet';
  if (name.endsWith('.xlsx')) return 'xlsx';
  if (name.endsWith('.txt')) return 'text';
  return name.endsWith('.json') ? 'json' : undefined;
}

/**
 * The format of an input: as told, else by extension, else by how its text starts. An array of JSON objects is known
 * under any name.
 * @throws {InputError} for what is neither a table nor JSON, and for JSON under the name of a table
 */
export function detectFormat(file: string, told: InputFormat | undefined, start: string): InputFormat {
  if (told !== undefined) return told;
  refuseForeignText(file, start);
  const byName = formatOfPath(file);
  const text = start.trimStart();
  if (/^\[\s*(?:\{\s*["}]|\])/u.test(text)) return 'json';
  if (!/^\{\s*(?:["'}]|$)/u.test(text)) return byName === 'json' ? 'jsonl' : usualFormat(byName);
  if (byName === 'jsonl') return 'jsonl';
  if (byName === 'csv' || byName === 'tsv' || byName === 'text') throw jsonByName(file, text);
  return holdsWholeObject(text) ? 'jsonl' : 'json';
}

function usualFormat(byName: RecordFormat | 'text' | undefined): RecordFormat {
  // What is in a file of another name is known by its first bytes.
  return byName === undefined || byName === 'text' || isContainer(byName) ? 'csv' : byName;
}

/** Whether the first line is an object, so that each line may be one. */
function holdsWholeObject(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  try {
    return isJsonObject(JSON.parse(line));
  } catch {
    // Where the line goes on behind what was looked at, it is at least no object over several lines.
    return !text.includes('\n');
  }
}

function jsonByName(file: string, text: string): InputError {
  const isLines = holdsWholeObject(text);
  return new InputError(
    'JSON_IN_TABLE',
    `expected a table, as the name says, found ${isLines ? 'JSON Lines' : 'JSON'}: ${excerpt(text.split('\n', 1)[0] ?? '', 60)}`,
    { file },
    { hint: `If that is what should be scored: \`--from ${isLines ? 'jsonl' : 'json'}\`.` },
  );
}

/** The line `sep=;` that Excel puts before a table, with its line end, and the delimiter that it names. */
export function delimiterLine(text: string): { line: string; delimiter: string } | undefined {
  const match = /^(?:sep=([^"\r\n])|"sep=([^"\r\n])")(?:\r\n|\n|\r)/iu.exec(text);
  const delimiter = match?.[1] ?? match?.[2];
  return match === null || delimiter === undefined ? undefined : { line: match[0], delimiter };
}
