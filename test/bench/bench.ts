/**
 * `npm run bench [-- --rows 20000 --rounds 3 --model voxpop-mini]`: where the time goes, and what a second
 * worker brings. Stages are run in turn, round by round, so that a busy machine slows all of them alike:
 * compare the figures of one run with each other, not with those of another.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultBundle } from '../../src/bundle/find-bundle.ts';
import { makeInput } from './make-input.ts';
import type { Measurement, Stage } from './stage.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string', default: defaultBundle },
  },
});
const rows = Number(flags.rows);
const runs: { name: string; stage: Stage; workers: number }[] = [
  { name: 'read+write', stage: 'read+write', workers: 1 },
  { name: '+ tokenise', stage: '+tokenise', workers: 1 },
  { name: 'full, 1 worker', stage: 'full', workers: 1 },
  { name: 'full, 2 workers', stage: 'full', workers: 2 },
];

const directory = mkdtempSync(join(tmpdir(), 'voxpop-bench-'));
try {
  const input = join(directory, 'input.csv');
  await makeInput(input, { rows, emptyShare: 0.1, duplicateShare: 0.2 });
  const measured = new Map(runs.map(({ name }) => [name, [] as Measurement[]]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const { name, stage, workers } of runs) {
      const result = measure(stage, input, join(directory, 'output.csv'), workers);
      assert.equal(result.rows, rows, `${name}: every row must come out`);
      measured.get(name)?.push(result);
    }
  }
  const full = runs.filter(({ stage }) => stage === 'full').flatMap(({ name }) => measured.get(name) ?? []);
  assert.equal(new Set(full.map(({ sha256 }) => sha256)).size, 1, 'all full runs must write the same bytes');
  print(measured);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function measure(stage: Stage, input: string, output: string, workers: number): Measurement {
  const script = join(import.meta.dirname, 'stage.js');
  const args = [script, stage, input, output, flags.model, String(workers)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measurement;
}

function print(measured: Map<string, Measurement[]>): void {
  const table: string[][] = [['stage', 'rows/s', 'tokens/s', 'MB/s', 'peak RSS MB']];
  for (const [name, results] of measured) {
    const perSecond = (key: 'rows' | 'tokens' | 'bytesRead'): number =>
      median(results.map((result) => (result[key] / result.elapsedMs) * 1000));
    table.push([
      name,
      perSecond('rows').toFixed(0),
      perSecond('tokens').toFixed(0),
      (perSecond('bytesRead') / 1e6).toFixed(2),
      median(results.map((result) => result.peakRssMb)).toFixed(0),
    ]);
  }
  const width = (column: number): number => Math.max(...table.map((line) => line[column]?.length ?? 0));
  for (const line of table) {
    process.stdout.write(
      `${line.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))).join('  ')}\n`,
    );
  }
  const [one, two] = ['full, 1 worker', 'full, 2 workers'].map((name) => measured.get(name) ?? []);
  const ratio = (of: (result: Measurement) => number): string =>
    median((two ?? []).map((result, round) => of(result) / of(one?.[round] as Measurement))).toFixed(2);
  const whole = ratio((result) => result.rows / result.elapsedMs);
  process.stdout.write(
    `two workers: ${ratio((result) => result.warmRowsPerSecond)}x of one once models are loaded, `,
  );
  process.stdout.write(`${whole}x with loading; `);
  process.stdout.write(
    `first rows after ${median((two ?? []).map((result) => result.firstShardMs)).toFixed(0)} ms\n`,
  );
  process.stdout.write(`${rows} rows a run, output sha256 ${measured.get('full, 1 worker')?.[0]?.sha256}\n`);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}
