import { InputError } from '../errors.ts';
import type { Newline } from './delimited-record.ts';
import type { RecordFormat } from './row.ts';

/** Text looked at to guess a delimiter. */
export const sniffBytes = 64 * 1024;
/** Records that have to agree on the number of fields. */
const sniffRecords = 100;
const delimiters = [',', ';', '\t', '|'];

/** The format that the extension of a path tells, `.gz` apart. `text` is delimited by something. */
export function formatOfPath(path: string): RecordFormat | 'text' | 'json' | undefined {
  const name = path.toLowerCase().replace(/\.gz$/u, '');
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.tsv') || name.endsWith('.tab')) return 'tsv';
  if (name.endsWith('.jsonl') || name.endsWith('.ndjson')) return 'jsonl';
  if (name.endsWith('.txt')) return 'text';
  return name.endsWith('.json') ? 'json' : undefined;
}

/** Whether a path names a compressed output; of inputs the first bytes tell. */
export function isGzipPath(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

/**
 * The format of an input: as told, else by extension, else JSONL when its text starts with `{`.
 * @throws {InputError} for a JSON array, which is not a stream of records.
 */
export function detectFormat(file: string, told: RecordFormat | undefined, start: string): RecordFormat {
  if (told !== undefined) return told;
  const byName = formatOfPath(file);
  const first = start.trimStart()[0];
  if (byName === 'json' && first === '[') {
    const hint = 'Convert it first: `jq -c ".[]" file.json > file.jsonl`.';
    throw new InputError(
      'JSON_ARRAY',
      'expected JSON Lines (one object per line), found a JSON array',
      { file },
      { hint },
    );
  }
  if (byName === 'csv' || byName === 'tsv' || byName === 'jsonl') return byName;
  return byName !== 'text' && first === '{' ? 'jsonl' : 'csv';
}

/** The line `sep=;` that Excel puts before a table, with its line end, and the delimiter that it names. */
export function delimiterLine(text: string): { line: string; delimiter: string } | undefined {
  const match = /^(?:sep=([^"\r\n])|"sep=([^"\r\n])")(?:\r\n|\n|\r)/iu.exec(text);
  const delimiter = match?.[1] ?? match?.[2];
  return match === null || delimiter === undefined ? undefined : { line: match[0], delimiter };
}

/** How the first record ends; `\n` when the text has no line end. */
export function detectNewline(text: string): Newline {
  let quoted = false;
  let lone = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    // After a letter, digit or blank it opens nothing: `5" screen`.
    if (character === '"' && (quoted || !/[\p{L}\p{N} ]/u.test(text[at - 1] ?? ''))) quoted = !quoted;
    if (quoted) continue;
    if (character === '\n') return text[at - 1] === '\r' ? '\r\n' : '\n';
    // A carriage return by itself is data, unless the file has nothing else to end lines with.
    if (character === '\r' && text[at + 1] !== '\n') lone = true;
  }
  return lone && !text.includes('\n') ? '\r' : '\n';
}

/**
 * The delimiter that splits the first records most evenly, and into most fields; `,` for a single column.
 * @param complete - whether `text` is the whole input, so that its last record counts
 */
export function detectDelimiter(text: string, newline: Newline, complete: boolean): string {
  const ranked = delimiters
    .map((delimiter) => {
      const counts = fieldCounts(text, delimiter, newline === '\r' ? '\r' : '\n', complete);
      const fields = counts[0] ?? 1;
      return { delimiter, fields, even: counts.filter((count) => count === fields).length / counts.length };
    })
    .filter(({ fields }) => fields > 1)
    .toSorted((one, other) => other.even - one.even || other.fields - one.fields);
  return ranked[0]?.delimiter ?? ',';
}

/** Fields per record; blank lines and a last record that is cut are left out. */
function fieldCounts(text: string, delimiter: string, lineEnd: string, complete: boolean): number[] {
  const counts: number[] = [];
  let fields = 1;
  let fieldStart = 0;
  let recordStart = 0;
  let quoted = false;
  for (let at = 0; at < text.length && counts.length < sniffRecords; at++) {
    const character = text[at];
    if (character === '"' && (quoted || at === fieldStart)) {
      if (quoted && text[at + 1] === '"') at++;
      else quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (character === delimiter) {
      fields++;
      fieldStart = at + 1;
    } else if (character === lineEnd) {
      if (text.slice(recordStart, at).trimEnd() !== '') counts.push(fields);
      fields = 1;
      fieldStart = recordStart = at + 1;
    }
  }
  const isCut = !complete && counts.length > 0;
  if (counts.length < sniffRecords && recordStart < text.length && !isCut) counts.push(fields);
  return counts;
}
