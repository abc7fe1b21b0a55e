import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { makeCsv } from '../support/few-texts.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { clockBack, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

test('a clock that goes back in the middle of a run changes nothing that is written', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), makeCsv(0, 5000));
  const contents = new Set<string>();
  for (const readings of ['Infinity', '1', '2']) {
    const output = join(directory, `${readings}.csv`);
    const args = ['score', 'in.csv', '-o', output, '-m', join(fixturesDirectory, 'bundle'), '-w', '1'];
    const { code, stderr } = await runVoxpop(args, {
      cwd: directory,
      node: ['--import', clockBack],
      env: { VOXPOP_CLOCK_READINGS: readings },
    });
    assert.equal(code, exitCodes.ok, stderr);
    const { counts, elapsed_ms: elapsedMs, rows_per_second: rate } = manifestOf(output);
    assert.equal(counts.rows, 5000);
    assert.ok(elapsedMs > 0 && elapsedMs < 3_000_000 && rate > 0, `${elapsedMs} ms, ${rate} rows/s`);
    contents.add(readFileSync(output, 'utf8'));
  }
  assert.equal(contents.size, 1);
});
