/**
 * `npm run soak [-- --rows 5000000]`: a long run on the fixture bundle, whose memory must stay flat. Prints the
 * peak memory up to each tenth of the run; between the first and the last it must not grow by more than 5 %.
 */
import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { score } from '../../src/index.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { makeInput } from './make-input.ts';

const { values: flags } = parseArgs({ options: { rows: { type: 'string', default: '5000000' } } });
const rows = Number(flags.rows);
const directory = mkdtempSync(join(tmpdir(), 'voxpop-soak-'));
try {
  const input = join(directory, 'input.csv');
  const output = join(directory, 'output.csv');
  await makeInput(input, { rows, emptyShare: 0.1, duplicateShare: 0.5 });
  const peaksMb: number[] = [];
  const summary = await score(
    { inputs: [input], output, text: ['comment'], model: join(fixturesDirectory, 'bundle') },
    {
      onProgress: ({ counts }) => {
        while (counts.rows >= ((peaksMb.length + 1) * rows) / 10) {
          peaksMb.push(process.memoryUsage.rss() / 1e6);
        }
      },
    },
  );
  assert.equal(summary.rows, rows);
  assert.equal(await countLineEnds(output), await countLineEnds(input));
  const growth = Math.max(...peaksMb.slice(1)) / (peaksMb[0] as number) - 1;
  process.stdout.write(`${rows} rows, ${((rows / summary.elapsedMs) * 1000).toFixed(0)} rows/s\n`);
  process.stdout.write(`RSS in MB at each tenth: ${peaksMb.map((peak) => peak.toFixed(0)).join(' ')}\n`);
  process.stdout.write(`growth after the first tenth: ${(growth * 100).toFixed(1)} %\n`);
  assert.ok(growth <= 0.05, 'memory must stay flat');
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function countLineEnds(path: string): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) if (byte === 0x0a) count++;
  }
  return count;
}
