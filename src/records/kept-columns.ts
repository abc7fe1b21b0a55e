import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { nameList } from '../text/name-list.ts';
import { cellJson, cellText, type CellValue } from './cell-value.ts';
import { columnPlace } from './column-place.ts';
import { rawAt, topLevelFields } from './json-fields.ts';
import type { Misfit } from './row-fault.ts';
import { isTable, type RecordsHead, type Row } from './row.ts';

/** Columns of the input that go into the output. */
export interface KeptColumns {
  /** Whether only some of them were asked for. */
  isChosen: boolean;
  /** Their names, in the order in which they are written; paths of JSON where they were asked for. */
  names: string[];
  /** Their places in a table, from 0; undefined for JSON. */
  places: number[] | undefined;
  /** Their cells in a row, or why they do not fit. */
  cells(row: Row): string[] | Misfit;
  /** Their values in a row, of CSV and TSV always text; or why they do not fit. */
  values(row: Row): CellValue[] | Misfit;
  /** A row as a JSON record with these keys alone; a record of JSON as it stands where none were asked for. */
  record(row: Row): string;
}

/**
 * All columns of the input, or those that are wanted.
 * @param wanted - names or numbers; for JSON dotted paths
 * @throws {UsageError} when a table lacks one, or one is wanted twice
 */
export function keptColumns(head: RecordsHead, wanted: readonly string[] | undefined): KeptColumns {
  const { columns } = head;
  const twice = wanted?.find((name, index) => wanted.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError('OPTION_INVALID', `Expected different names in --columns, got \`${twice}\` twice`);
  }
  if (isTable(head.format)) return columnsOfTable(columns, wanted);
  const names = wanted ?? columns;
  const keys = names.map((path) => `${JSON.stringify(path)}:`);
  const fields = ({ json = '{}' }: Row): JsonValues | Misfit =>
    wanted === undefined
      ? topLevelValues(json, columns)
      : fitting(wanted.map((path) => [path, rawAt(json, path)]));
  const map = <Value>(row: Row, make: (raw: string) => Value): Value[] | Misfit => {
    const found = fields(row);
    return Array.isArray(found) ? found.map(([, raw = 'null']) => make(raw)) : found;
  };
  return {
    isChosen: wanted !== undefined,
    names: [...names],
    places: undefined,
    cells: (row) => map(row, (raw) => cellText(valueOf(raw))),
    values: (row) => map(row, valueOf),
    record: ({ json = '' }) => {
      if (wanted === undefined || json.trim() === '') return json;
      const found = wanted.flatMap((path, index) => {
        const raw = rawAt(json, path);
        return raw === undefined ? [] : [(keys[index] ?? '') + raw];
      });
      return `{${found.join(',')}}`;
    },
  };
}

function columnsOfTable(columns: readonly string[], wanted: readonly string[] | undefined): KeptColumns {
  const places = wanted?.map((name) => placeOf(name, columns)) ?? columns.map((_, place) => place);
  const names = places.map((place) => columns[place] ?? '');
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  const values = (row: Row): CellValue[] =>
    places.map((place) => row.value?.(place) ?? (row.value === undefined ? (row.cell?.(place) ?? '') : null));
  return {
    isChosen: wanted !== undefined,
    names,
    places,
    cells: (row) =>
      wanted === undefined ? (row.cells ?? []) : places.map((place) => row.cell?.(place) ?? ''),
    values,
    record: (row) =>
      `{${values(row)
        .map((value, index) => (keys[index] ?? '') + cellJson(value))
        .join(',')}}`,
  };
}

function placeOf(name: string, columns: readonly string[]): number {
  const place = columnPlace(columns, name);
  if (place !== -1) return place;
  throw unknownColumn(name, columns);
}

/** The error for a column that is not there. */
export function unknownColumn(name: string, columns: readonly string[]): UsageError {
  return new UsageError(
    'COLUMN_NOT_FOUND',
    `Expected a column named \`${name}\`, found ${nameList(columns)}`,
    {
      hint:
        didYouMean(name, columns) ??
        'Give `--columns` names or numbers of columns, with commas between them.',
    },
  );
}

/** Keys and what stands there; undefined where nothing does. */
type JsonValues = [key: string, raw: string | undefined][];

/** The values of a record under the keys of the first one, or why they do not fit. */
function topLevelValues(json: string, columns: readonly string[]): JsonValues | Misfit {
  const values: JsonValues = columns.map((key) => [key, undefined]);
  for (const { key, raw } of topLevelFields(json)) {
    const value = values[columns.indexOf(key)];
    if (value === undefined) {
      const message = `expected the keys of the first record, found \`${key}\`, which has no column`;
      return misfit('UNEXPECTED_KEY', message);
    }
    if (value[1] !== undefined)
      return misfit('DUPLICATE_KEY', `expected each key once, found \`${key}\` twice`);
    value[1] = raw;
  }
  return fitting(values);
}

function fitting(values: JsonValues): JsonValues | Misfit {
  const broken = values.find(
    ([, raw]) => raw?.startsWith('"') && !(JSON.parse(raw) as string).isWellFormed(),
  );
  if (broken === undefined) return values;
  const message = `expected text that UTF-8 can hold, found half a character in \`${broken[0]}\``;
  return misfit('LONE_SURROGATE', message);
}

/** What JSON says a value is; a number keeps all its digits. */
function valueOf(raw: string): CellValue {
  if (raw === 'null') return null;
  if (raw === 'true' || raw === 'false') return raw === 'true';
  if (raw.startsWith('"')) return JSON.parse(raw) as string;
  return { kind: /^[{[]/u.test(raw) ? 'json' : 'number', text: raw };
}

function misfit(code: string, message: string): Misfit {
  return { code, message, hint: 'Write JSONL, which keeps each record as it is: `--to jsonl`.' };
}
