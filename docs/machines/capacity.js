#!/usr/bin/env node
// What a job needs, by arithmetic: node docs/machines/capacity.js [--rows-per-second 1100] [--price 0.05]
// The page beside it shows its output; when another bundle becomes the default one, the first figure is the one to change.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    // Of one core, with the default bundle: `npm run bench`.
    'rows-per-second': { type: 'string', default: '1100' },
    // Dollars per core-hour.
    price: { type: 'string', default: '0.05' },
  },
});
const rowsPerSecond = Number(values['rows-per-second']);
const price = Number(values.price);

// Of fixtures/feedback.jsonl, and of what is written for it.
const bytesIn = 180;
const bytesOut = 450;
// Rows of JSONL that one core counts in a second, which each job of `--shard` does before it begins.
const countedPerSecond = 240_000;

const number = (value, digits = 0) => value.toLocaleString('en-US', { maximumFractionDigits: digits });
const hours = (value) => (value < 1 ? `${number(value * 60)} min` : `${number(value, 1)} h`);

const table = [
  ['', ...[100e6, 10e9].map((rows) => `${number(rows / 1e6)} million rows`)],
  ['core-hours', (rows) => number(coreHours(rows))],
  [
    `cost at $${price} a core-hour`,
    (rows) => `$${number(coreHours(rows) * price, coreHours(rows) * price < 10 ? 2 : 0)}`,
  ],
  ...[16, 64, 1024].map((cores) => [
    `time on ${number(cores)} cores`,
    (rows) => hours(coreHours(rows) / cores),
  ]),
  ['read, written', (rows) => `${number((rows * bytesIn) / 1e9)} GB, ${number((rows * bytesOut) / 1e9)} GB`],
  ['counting, in each job of --shard over one file', (rows) => hours(rows / countedPerSecond / 3600)],
];

function coreHours(rows) {
  return rows / rowsPerSecond / 3600;
}

for (const [index, [name, ...given]] of table.entries()) {
  const cells = index === 0 ? given : [100e6, 10e9].map((rows) => given[0](rows));
  console.log([name.padEnd(48), ...cells.map((cell) => cell.padStart(19))].join('  '));
}
const perCore = (rowsPerSecond * (bytesIn + bytesOut)) / 1e6;
console.log(`
At ${number(rowsPerSecond)} rows/s a core reads and writes ${number(perCore, 1)} MB/s; 64 cores ${number(perCore * 64)} MB/s, 1,024 cores ${number(perCore * 1024)} MB/s.
Counting takes as long as scoring when one file is divided among ${number(countedPerSecond / rowsPerSecond)} cores.`);
