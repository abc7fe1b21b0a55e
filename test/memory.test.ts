import assert from 'node:assert/strict';
import { createWriteStream, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fixturesDirectory } from './support/paths.ts';
import { runVoxpop } from './support/run-voxpop.ts';
import { scratchDirectory } from './support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const megabyte = 1_000_000;

/** Rows with a short text to score and a long column to carry along, so that the bytes are many and the work small. */
async function writeRows(path: string, bytes: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('id,comment,transcript\n');
  const transcript = 'and then I was put on hold again, "please wait" they said; '
    .repeat(100)
    .replaceAll('"', '""');
  for (let row = 0, written = 0; written < bytes; row++) {
    const line = `${row},good service ${row % 1000},"${row} ${transcript}"\n`;
    written += line.length;
    if (!file.write(line)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}

async function peakRssMb(input: string, output: string): Promise<number> {
  const report = `${output}.rss`;
  const args = ['score', input, '-m', bundle, '-t', 'comment', '-o', output, '-w', '2', '--quiet'];
  const preload = pathToFileURL(join(import.meta.dirname, 'support', 'report-memory.js')).href;
  const { code, stderr } = await runVoxpop(args, {
    node: ['--import', preload],
    env: { VOXPOP_RSS_TO: report },
  });
  assert.equal(code, 0, stderr);
  assert.ok(statSync(output).size > statSync(input).size);
  return Number(readFileSync(report, 'utf8').trimEnd().split('\n').at(-1));
}

test('memory does not grow with the input: 300 MB need at most a fifth more than 30 MB', async (t) => {
  const directory = scratchDirectory(t);
  const peaks: number[] = [];
  for (const bytes of [30 * megabyte, 300 * megabyte]) {
    const input = join(directory, `${bytes}.csv`);
    await writeRows(input, bytes);
    peaks.push(await peakRssMb(input, join(directory, `${bytes}.out.csv`)));
  }
  const [small, large] = peaks as [number, number];
  t.diagnostic(`peak RSS ${small.toFixed(0)} MB for 30 MB of input, ${large.toFixed(0)} MB for 300 MB`);
  assert.ok(large <= small * 1.2, `${large} MB against ${small} MB`);
});
