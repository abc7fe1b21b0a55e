import { join } from 'node:path';
import { csvLines } from '../../src/records/plain-table.ts';
import { fixturesDirectory } from './paths.ts';

export const fixtureBundle = join(fixturesDirectory, 'bundle');

/** A small labelled file, all of whose labels the fixture bundle gets right. */
export const labelledRows = [
  ['id', 'channel', 'comment', 'sentiment', 'topic'],
  ['1', 'app', 'Great service and friendly staff', 'positive', 'service_staff'],
  ['2', 'web', 'Das Essen war schlecht', 'negative', 'food_drink'],
  ['3', 'app', 'Sehr gut', 'positive', '[]'],
  ['4', 'web', 'Delivery was late', 'neutral', 'delivery_timeliness'],
  ['5', 'app', 'too expensive', 'neutral', 'price_value'],
  ['6', 'app', '', 'negative', 'food_drink'],
  ['7', 'web', 'Great service', 'positive', ''],
];

export function labelledCsv(change: (rows: string[][]) => void = () => {}): string {
  const rows = structuredClone(labelledRows);
  change(rows);
  return csvLines(rows);
}
