/**
 * `npm run soak [-- --rows 5000000]`: a long run of the command on the fixture bundle, whose memory must stay
 * flat: after the first tenth of the time it must not grow by more than 5 %.
 */
import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { makeInput } from './make-input.ts';

const { values: flags } = parseArgs({ options: { rows: { type: 'string', default: '5000000' } } });
const directory = mkdtempSync(join(tmpdir(), 'voxpop-soak-'));
try {
  const input = join(directory, 'input.csv');
  const output = join(directory, 'output.csv');
  const memory = join(directory, 'memory');
  await makeInput(input, { rows: Number(flags.rows), emptyShare: 0.1, duplicateShare: 0.5 });
  const preload = pathToFileURL(join(import.meta.dirname, '..', 'support', 'report-memory.js')).href;
  const args = ['score', input, '-o', output, '-t', 'comment', '-m', join(fixturesDirectory, 'bundle')];
  const { code, stderr } = await runVoxpop(args, {
    node: ['--import', preload],
    env: { VOXPOP_RSS_TO: memory },
  });
  assert.equal(code, 0, stderr);
  assert.equal(await countLineEnds(output), await countLineEnds(input));

  const seconds = readFileSync(memory, 'utf8').trimEnd().split('\n').map(Number).slice(0, -1);
  const tenth = Math.ceil(seconds.length / 10);
  const peaks = Array.from({ length: 10 }, (_, part) =>
    Math.max(...seconds.slice(part * tenth, (part + 1) * tenth)),
  );
  const growth = Math.max(...peaks.slice(1).filter(Number.isFinite)) / (peaks[0] as number) - 1;
  process.stdout.write(stderr);
  process.stdout.write(`peak RSS in MB in each tenth: ${peaks.map((peak) => peak.toFixed(0)).join(' ')}\n`);
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
