import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { nameList } from '../text/name-list.ts';
import { columnPlace } from './column-place.ts';
import { rawAt, topLevelFields } from './json-fields.ts';
import type { Misfit } from './rejected.ts';
import { isTable, type RecordsHead, type Row } from './row.ts';

/** Columns of the input that go into the output. */
export interface KeptColumns {
  /** Whether only some of them were asked for. */
  isChosen: boolean;
  /** Their names, in the order in which they are written; paths of JSON where they were asked for. */
  names: string[];
  /** Their cells in a row, or why they do not fit. */
  cells(row: Row): string[] | Misfit;
  /** The JSON record of a row that has one, with these keys alone. */
  json(record: string): string;
}

/**
 * All columns of the input, or those that are wanted.
 * @param wanted - names or numbers; for JSON dotted paths
 * @throws {UsageError} when a table lacks one, or one is wanted twice
 */
export function keptColumns(head: RecordsHead, wanted: readonly string[] | undefined): KeptColumns {
  const { columns } = head;
  if (wanted === undefined) {
    return {
      isChosen: false,
      names: columns,
      cells: (row) => row.cells ?? jsonCells(row.json ?? '{}', columns),
      json: (record) => record,
    };
  }
  const twice = wanted.find((name, index) => wanted.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError('OPTION_INVALID', `Expected different names in --columns, got \`${twice}\` twice`);
  }
  const keys = wanted.map((path) => `${JSON.stringify(path)}:`);
  const places = isTable(head.format) ? wanted.map((name) => placeOf(name, columns)) : undefined;
  return {
    isChosen: true,
    names: places === undefined ? [...wanted] : places.map((place) => columns[place] ?? ''),
    cells: (row) =>
      places?.map((place) => row.cell?.(place) ?? '') ??
      fitting(wanted.map((path) => [path, rawAt(row.json ?? '{}', path)])),
    json: (record) => {
      const fields = wanted.flatMap((path, index) => {
        const raw = rawAt(record, path);
        return raw === undefined ? [] : [(keys[index] ?? '') + raw];
      });
      return `{${fields.join(',')}}`;
    },
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

/**
 * A JSON record as cells: strings as they are, null and missing empty, everything else as its JSON text,
 * which keeps all digits of a number. Or why it does not fit.
 */
function jsonCells(json: string, columns: readonly string[]): string[] | Misfit {
  const values: [key: string, raw: string | undefined][] = columns.map((key) => [key, undefined]);
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

function fitting(values: readonly [key: string, raw: string | undefined][]): string[] | Misfit {
  const cells: string[] = [];
  for (const [key, raw = 'null'] of values) {
    const cell = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw === 'null' ? '' : raw;
    if (!cell.isWellFormed()) {
      const message = `expected text that UTF-8 can hold, found half a character in \`${key}\``;
      return misfit('LONE_SURROGATE', message);
    }
    cells.push(cell);
  }
  return cells;
}

function misfit(code: string, message: string): Misfit {
  return { code, message, hint: 'Write JSONL, which keeps each record as it is: `--to jsonl`.' };
}
