/**
 * `npm run bench:shards [-- --rows 100000 --shards 16 --rounds 3 --workers 1 --model voxpop-mini]`: what it costs to
 * score a file in shards, one after another on one machine, and to merge them, against one run. Starting a process
 * and loading the model is measured by itself, with one row, and taken off each run. The mark is under 15 %.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultBundle } from '../../src/bundle/find-bundle.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { makeInput } from './make-input.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    shards: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '1' },
    model: { type: 'string', default: defaultBundle },
  },
});
const count = Number(flags.shards);
const highestOverhead = 0.15;

const directory = mkdtempSync(join(tmpdir(), 'voxpop-shards-'));
try {
  const one = join(directory, 'one.csv');
  writeFileSync(one, 'comment\ngood service\n');
  const input = join(directory, 'input.csv');
  await makeInput(input, { rows: Number(flags.rows), emptyShare: 0.1, duplicateShare: 0.2 });
  const overheads: number[] = [];
  for (let round = 1; round <= Number(flags.rounds); round++) {
    const loadMs = await time(scoring(one, 'loaded.csv'));
    const wholeMs = (await time(scoring(input, 'whole.csv'))) - loadMs;
    const names = Array.from({ length: count }, (_, index) => `${index}-of-${count}.csv`);
    let shardsMs = 0;
    for (const [index, name] of names.entries()) {
      shardsMs += (await time([...scoring(input, name), '--shard', `${index}/${count}`])) - loadMs;
    }
    const mergeMs = await time(['merge', ...names.map((name) => join(directory, name)), ...to('merged.csv')]);
    assert.ok(readFileSync(join(directory, 'merged.csv')).equals(readFileSync(join(directory, 'whole.csv'))));
    const overhead = (shardsMs + mergeMs) / wholeMs - 1;
    overheads.push(overhead);
    say(
      `round ${round}: load ${seconds(loadMs)}, one run ${seconds(wholeMs)} beyond that, ${count} shards ${seconds(shardsMs)}`,
    );
    say(`  merge ${seconds(mergeMs)}, overhead ${percent(overhead)}, same bytes`);
  }
  const median = overheads.toSorted((a, b) => a - b)[overheads.length >> 1] as number;
  say(`overhead of ${count} shards: ${percent(median)} (median; the mark is ${percent(highestOverhead)})`);
  assert.ok(median < highestOverhead, 'sharding must cost little');
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function scoring(input: string, output: string): string[] {
  return ['score', input, '-t', 'comment', '-m', flags.model, '-w', flags.workers, ...to(output)];
}

function to(output: string): string[] {
  return ['-o', join(directory, output), '--force', '--quiet'];
}

/** Milliseconds that a command takes, its process included. */
async function time(args: string[]): Promise<number> {
  const startedMs = performance.now();
  const { code, stderr } = await runVoxpop(args);
  assert.equal(code, 0, stderr);
  return performance.now() - startedMs;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
