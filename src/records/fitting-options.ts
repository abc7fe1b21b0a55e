import type { RecordsOptions } from './records-options.ts';
import { formatOfPath } from './sniff.ts';

/** Options that say how a file is written. */
export type Reading = Pick<
  RecordsOptions,
  'delimiter' | 'quote' | 'escape' | 'sheet' | 'skipRows' | 'headerRows'
>;

/** Those of them that say something about a format; of tables of text all but that of workbooks. */
const known: Readonly<Record<string, readonly (keyof Reading)[]>> = {
  jsonl: [],
  json: [],
  parquet: [],
  xlsx: ['sheet', 'skipRows', 'headerRows'],
};
const ofText: readonly (keyof Reading)[] = ['delimiter', 'quote', 'escape', 'skipRows', 'headerRows'];

/** What was said about one file, as far as it can be said about another one, by its name. */
export function fittingOptions(path: string, reading: Reading): Reading {
  const names = known[formatOfPath(path) ?? ''] ?? ofText;
  return Object.fromEntries(
    names.flatMap((name) => (reading[name] === undefined ? [] : [[name, reading[name]]])),
  );
}
