/** A few rows of many: `--sample`. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { seededRandom } from '../../src/random.ts';
import { drawSample, type SamplePlan } from '../../src/pipeline/sample.ts';
import type { Row } from '../../src/records/row.ts';
import { exported, scoreFile } from '../support/exports.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

async function drawn(plan: SamplePlan): Promise<number[]> {
  async function* batches(): AsyncGenerator<Row[]> {
    for (let start = 0; start < plan.inputRows; start += 7) {
      const count = Math.min(7, plan.inputRows - start);
      yield Array.from({ length: count }, (_, index) => ({ ordinal: start + index }) as Row);
    }
  }
  const found: number[] = [];
  for await (const rows of drawSample(batches(), plan)) found.push(...rows.map(({ ordinal }) => ordinal));
  return found;
}

test('a sample has exactly as many rows, in order, each as likely as any other', async () => {
  const times = new Uint32Array(40);
  const random = seededRandom(7);
  for (let round = 0; round < 2000; round++) {
    const rows = await drawn({ rows: 10, inputRows: 40, seed: Math.floor(random() * 2 ** 31) });
    assert.equal(rows.length, 10);
    assert.deepEqual(
      rows,
      [...new Set(rows)].toSorted((one, other) => one - other),
    );
    for (const row of rows) (times[row] as number)++;
  }
  // 500 of 2000 rounds, give or take five standard deviations.
  for (const count of times) assert.ok(Math.abs(count - 500) < 100, String(count));
});

test('the rows of a sample are drawn over all of the file, and the same each time', async (t) => {
  const folder = scratchDirectory(t);
  const file = join(folder, 'in.csv');
  const lines = Array.from({ length: 3000 }, (_, index) => `${index},"row ""${index}"" of many",x\n`);
  writeFileSync(file, `id,comment,x\n${lines.join('')}`);
  const output = join(folder, 'out.csv');
  const { code, stderr } = await scoreFile(file, '--sample', '20', '--seed', '3', '-o', output);
  assert.equal(code, exitCodes.ok, stderr);
  assert.match(stderr, /20 of 3000 rows are drawn at random \(seed 3\)/u);
  assert.match(stderr, /^20 rows/mu);
  const written = readFileSync(output, 'utf8').trimEnd().split('\n').slice(1);
  const ids = written.map((line) => Number(line.split(',', 1)[0]));
  for (const line of written) assert.ok(lines.includes(`${line.replace(/,\w*$/u, '')}\n`), line);
  assert.ok(Math.max(...ids) > 1500 && Math.min(...ids) < 1500, ids.join());
  const again = await scoreFile(file, '--sample', '20', '--seed', '3');
  assert.equal(again.stdout, readFileSync(output, 'utf8'));
  const other = await scoreFile(file, '--sample', '20', '--seed', '4');
  assert.notEqual(other.stdout, again.stdout);
  const manifest = JSON.parse(readFileSync(`${output}.manifest.json`, 'utf8')) as {
    options: object;
    inputs: { bytes: number }[];
  };
  assert.deepEqual(
    Object.entries(manifest.options).filter(([name]) => name === 'sample' || name === 'seed'),
    [
      ['sample', 20],
      ['seed', 3],
    ],
  );
});

test('rows of the header are no part of a sample, and go with it', async () => {
  const { stdout, stderr } = await scoreFile(
    exported('qualtrics-three-headers.csv'),
    '-t',
    '4',
    '--sample',
    '1',
  );
  assert.match(stderr, /1 of 2 rows are drawn/u);
  assert.equal(stdout.match(/ImportId/gu)?.length, 4);
});

test('what cannot be read twice, or says otherwise how much, is refused', async (t) => {
  const piped = await runMain(['score', '-', '-m', fixtureBundle, '--sample', '5'], 'comment\na\n');
  assert.equal(piped.code, exitCodes.usage);
  assert.match(piped.stderr, /files along with --sample, got stdin/u);
  const file = join(scratchDirectory(t), 'in.csv');
  writeFileSync(file, 'comment\nGreat service\n');
  for (const others of [
    ['--limit', '3'],
    ['--shard', '0/2', '-o', `${file}.out.csv`],
  ]) {
    const both = await scoreFile(file, '--sample', '5', ...others);
    assert.match(both.stderr, /Expected either --sample or --/u);
  }
  assert.match((await scoreFile(file, '--sample', '5')).stderr, /1 of 1 rows/u);
});
