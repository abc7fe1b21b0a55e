import { excerpt } from '../text/excerpt.ts';
import { shellWord } from '../text/shell-word.ts';
import { isJsonObject } from './json-fields.ts';
import type { RowFault } from './row-fault.ts';
import { formatOfPath } from './sniff.ts';

/** Characters of a bad record that its error shows. */
const excerptCharacters = 60;

const oneObjectPerLine =
  'In JSON Lines each line holds one whole object. Arrays, and objects over several lines: `--from json`.';

/** What is wrong with a text that is no JSON. */
export function invalidJson(file: string, line: number, text: string, cause: Error): RowFault {
  // V8 ends most of its messages so; for an unexpected token it quotes the text in place of a position.
  const position = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/u.exec(cause.message)?.[1];
  const atEnd = cause.message === 'Unexpected end of JSON input';
  const index = position === undefined ? (atEnd ? text.length : undefined) : Number(position);
  const reason = cause.message
    .replace(/(?: in| after)? JSON at position \d+.*$/su, '')
    .replace(/, .* is not valid JSON$/su, '');
  const message = `expected a JSON object, found bad JSON (${reason}): ${around(text, index ?? 0)}`;
  const column = index === undefined ? undefined : index + 1;
  return { code: 'INVALID_JSON', message, line, column, hint: hintFor(file, text), cause };
}

/** What is wrong with JSON that is no object. */
export function notAnObject(file: string, line: number, text: string, value: unknown): RowFault {
  const message = `expected a JSON object, found ${kindOf(value)}: ${excerpt(text, excerptCharacters)}`;
  const isOfTexts = typeof value === 'string' || (Array.isArray(value) && typeof value[0] === 'string');
  const filter = Array.isArray(value) ? '.[] | {text: .}' : '{text: .}';
  const hint = isOfTexts
    ? `Make objects of the texts: \`${piped(file, `jq -c ${shellWord(filter)}`)}\`.`
    : hintFor(file, text);
  return { code: 'NOT_AN_OBJECT', message, line, hint };
}

/** The way on that the looks of a bad record suggest. */
function hintFor(file: string, text: string): string {
  const start = text.trim();
  if (/^[[{]\s*'/u.test(start) || /^\{\s*"[^"]*":.*\b(?:None|True|False)\b/u.test(start)) {
    const script =
      'import ast, json, sys; [print(json.dumps(ast.literal_eval(line), ensure_ascii=False)) for line in sys.stdin if line.strip()]';
    return `This is how Python prints a dict. Make JSON of it: \`${piped(file, `python3 -c ${shellWord(script)}`)}\`.`;
  }
  if (/[:[,]\s*-?(?:NaN|Infinity)\s*[,}\]]/u.test(start)) {
    return `JSON has no NaN and no Infinity, which Python writes. Make numbers of them: \`${piped(file, 'jq -c .')}\`.`;
  }
  if (/^[[{]$|\},$|\}\s*\{|^\[\s*\{/u.test(start) || start.startsWith('\u001e')) {
    return 'Objects in an array, over several lines, or with commas between them are read with `--from json`.';
  }
  return oneObjectPerLine;
}

/** A command that feeds a file through a program into voxpop. */
function piped(file: string, program: string): string {
  return file === '-'
    ? `... | ${program} | voxpop score -`
    : `${program} < ${shellWord(file)} | voxpop score -`;
}

/** The part of a text around a character. */
function around(text: string, index: number): string {
  const start = Math.max(0, Math.min(index - excerptCharacters / 2, text.length - excerptCharacters));
  return (start > 0 ? '...' : '') + excerpt(text.slice(start), excerptCharacters);
}

/**
 * What is wrong with a value at the path of a text that is a list or an object.
 * @param isDocument - whether there is one record only, so that what is in its lists are the rows
 */
export function textNotScalar(
  line: number,
  path: string,
  value: unknown,
  { file, isDocument = formatOfPath(file) === 'json' }: { file: string; isDocument?: boolean },
): RowFault {
  const message = `expected a text at \`${path}\`, found ${kindOf(value)}`;
  const leaf = leafPath(value);
  if (!Array.isArray(value) && !(isDocument && isTableOfObjects(value))) {
    const hint =
      leaf === undefined
        ? 'Name a value that is a text.'
        : `Name a text inside it: \`--text ${shellWord(`${path}.${leaf}`)}\`.`;
    return { code: 'TEXT_NOT_SCALAR', message, line, hint };
  }
  const hint = textsInList(file, { path, leaf, isDocument });
  return { code: 'TEXT_NOT_SCALAR', message, line, hint };
}

/** Records by their ids, as some services send them. */
function isTableOfObjects(value: unknown): boolean {
  const rows = isJsonObject(value) ? Object.values(value) : [];
  return rows.length > 1 && rows.every(isJsonObject);
}

/**
 * How to score texts that stand in a list: each of them, or one of each record.
 * @param list - path of the list, what leads from there to a text, as in `0.text`, and whether there is one record only
 */
export function textsInList(
  file: string,
  { path, leaf, isDocument }: { path: string; leaf: string | undefined; isDocument: boolean },
): string {
  const inner = leaf?.replace(/^[^.]+\.?/u, '') ?? '';
  const filter = `.${path
    .split('.')
    .map((key) => (/^[a-z_]\w*$/iu.test(key) ? key : JSON.stringify(key)))
    .join('.')}[]`;
  const command = piped(file, `jq -c ${shellWord(inner === '' ? `${filter} | {text: .}` : filter)}`);
  const option = inner.includes('.') ? ` --text ${shellWord(inner)}` : '';
  const rows = `A row for each element: \`${command}${option}\`.`;
  // A document is one record whose elements are the rows; elsewhere each record is a row.
  if (leaf === undefined) return rows;
  const one = `One text of each record: \`--text ${shellWord(`${path}.${leaf}`)}\`.`;
  return isDocument ? `${rows} ${one}` : `${one} ${rows}`;
}

/** Where in a value the first text stands that is none of a few words only, else the first text. */
function leafPath(value: unknown): string | undefined {
  const texts = leaves(value, '', 0);
  return (texts.find(([, text]) => /\S\s\S/u.test(text)) ?? texts[0])?.[0];
}

function leaves(value: unknown, path: string, depth: number): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (depth > 5) return [];
  const entries = Array.isArray(value)
    ? [['0', value[0]] as const]
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`, depth + 1));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
