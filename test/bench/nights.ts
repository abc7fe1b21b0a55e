/**
 * `npm run bench:nights [-- --rows 20000 --nights 10 --model voxpop-mini --write]`: what nights cost with a cache. A dump
 * of so many different comments is scored night after night, of which 1 % is new, .2 % edited and .1 % deleted each time;
 * the first and the last night are scored without a cache, too. Costs are processor time, which a busy machine does
 * not change much; `--write` puts the table into RESULTS.md.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { defaultBundle, findBundle } from '../../src/bundle/find-bundle.ts';
import { inspectCache } from '../../src/cache/inspect-cache.ts';
import { seededRandom } from '../../src/random.ts';
import { makeInput } from './make-input.ts';
import type { NightRun } from './night-run.ts';
import { machine, table, writeResults } from './results.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    nights: { type: 'string', default: '10' },
    model: { type: 'string', default: defaultBundle },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(flags.rows);
const nights = Number(flags.nights);
const shares = { new: 0.01, edited: 0.002, deleted: 0.001 };
const directory = mkdtempSync(join(tmpdir(), 'voxpop-nights-'));
const path = (name: string): string => join(directory, name);

try {
  const bundle = await findBundle(flags.model);
  const random = seededRandom(7);
  const pool = await comments(Math.ceil(rows * (1 + shares.new * nights)) + nights);
  const dump = pool.splice(0, rows).map((comment, row) => ({ id: `R-${row}`, comment }));
  let added = rows;
  const lines: string[][] = [
    ['night', 'rows', 'new', 'edited', 'deleted', 'computed', 'seconds', 'rows/s', 'peak MB', 'cache MB'],
  ];
  const add = (name: string, run: NightRun, cacheBytes: number | undefined): void => {
    const figures = [run.rows, run.new, run.changed, run.deleted, run.misses].map(String);
    lines.push([
      name,
      ...figures,
      run.cpuSeconds.toFixed(1),
      (run.rows / run.cpuSeconds).toFixed(0),
      run.peakRssMb.toFixed(0),
      cacheBytes === undefined ? '' : (cacheBytes / 1e6).toFixed(1),
    ]);
  };
  let since = '-';
  let last: NightRun | undefined;
  for (let night = 1; night <= nights; night++) {
    if (night > 1) {
      for (let row = 0; row < Math.round(rows * shares.deleted); row++) {
        dump.splice(Math.floor(random() * dump.length), 1);
      }
      for (let row = 0; row < Math.round(rows * shares.edited); row++) {
        const own = dump[Math.floor(random() * dump.length)] as { comment: string };
        own.comment += ` (edited ${night})`;
      }
      for (const comment of pool.splice(0, Math.round(rows * shares.new))) {
        dump.push({ id: `R-${added++}`, comment });
      }
    }
    const input = path(`dump-${night}.csv`);
    writeFileSync(input, stringify([['id', 'comment'], ...dump.map(({ id, comment }) => [id, comment])]));
    const output = path(`out-${night}.csv`);
    const run = runOnce(input, output, bundle, path('labels.cache'), since);
    assert.equal(run.rows, dump.length);
    add(String(night), run, statSync(path('labels.cache')).size);
    if (night === 1 || night === nights) {
      last = runOnce(input, path(`plain-${night}.csv`), bundle, '-', since);
      assert.equal(last.sha256, run.sha256, 'the bytes of a run without a cache');
      add(`${night}, no cache`, { ...last, misses: last.rows }, undefined);
    }
    since = output;
  }
  const { texts, bytes, keptBytes } = inspectCache(path('labels.cache'));
  const text = [
    `${flags.model}, ${machine()}. One worker. Seconds are processor time of all threads, start included.`,
    table(lines),
    `The cache has ${texts} texts, ${Math.round(bytes / texts)} bytes each, of which ${Math.round(keptBytes / texts)} must be kept.`,
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (flags.write) writeResults('Nights with a cache', text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** So many comments, no two of them the same. */
async function comments(count: number): Promise<string[]> {
  const distinct = new Set<string>();
  await makeInput(path('pool.csv'), { rows: count * 2, emptyShare: 0, duplicateShare: 0 });
  const records = parse(readFileSync(path('pool.csv')), { columns: true }) as { comment: string }[];
  for (const { comment } of records) if (comment.trim() !== '') distinct.add(comment);
  assert.ok(distinct.size >= count, `${distinct.size} comments for ${count}`);
  return [...distinct].slice(0, count);
}

function runOnce(input: string, output: string, model: string, cache: string, since: string): NightRun {
  const script = join(import.meta.dirname, 'night-run.js');
  const printed = execFileSync(process.execPath, [script, input, output, model, '1', cache, since], {
    encoding: 'utf8',
  });
  return JSON.parse(printed) as NightRun;
}
