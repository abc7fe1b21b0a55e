/**
 * `npm run bench:large [-- --rows 1000000 --computed 20000 --rounds 3 --model voxpop-mini --write]`: a night of many
 * rows of which 1 % is new, beside a run without a cache. So that it does not take hours, only `--computed` rows are
 * predicted for the cache, and all others get predictions of these; the run without a cache is one over the rows
 * that were computed, whose output has to have the same bytes. Two more ratios, in turns: all rows new against no cache,
 * and all rows known against reading and writing alone.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { defaultBundle, findBundle } from '../../src/bundle/find-bundle.ts';
import { CacheLevels } from '../../src/cache/cache-levels.ts';
import { inspectCache } from '../../src/cache/inspect-cache.ts';
import { planScore } from '../../src/score-plan.ts';
import type { NightRun } from './night-run.ts';
import { machine, median, table, writeResults } from './results.ts';
import { shortComment } from './short-comments.ts';
import type { Measurement } from './stage.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    computed: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string', default: defaultBundle },
    write: { type: 'boolean', default: false },
  },
});
const [rows, computed, rounds] = [Number(flags.rows), Number(flags.computed), Number(flags.rounds)];
const added = Math.round(rows / 100);
const directory = mkdtempSync(join(tmpdir(), 'voxpop-large-night-'));
const path = (name: string): string => join(directory, name);
const [cache, computedInput, input] = [path('labels.cache'), path('computed.csv'), path('input.csv')];

try {
  const bundle = await findBundle(flags.model);
  const isNew = (row: number): boolean => row >= rows - added;
  await writeInput(input, () => true);
  await writeInput(computedInput, (row) => row < computed || isNew(row));
  await writeInput(path('first.csv'), (row) => row < computed);

  const fresh: { cached: NightRun; plain: NightRun }[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const name of ['labels.cache', 'labels.cache.secret']) rmSync(path(name), { force: true });
    const cached = runNight(path('first.csv'), bundle, cache);
    fresh.push({ cached, plain: runNight(path('first.csv'), bundle, '-') });
    assert.equal(fresh[round]?.cached.sha256, fresh[round]?.plain.sha256);
  }
  await fill(bundle);
  const night = runNight(input, bundle, cache, path('night.csv'));
  assert.equal(night.misses, added);
  const plain = runNight(computedInput, bundle, '-', path('plain.csv'));
  assert.equal(await sameLines(path('night.csv'), path('plain.csv'), isNew), computed + added);

  const known: { hits: NightRun; base: Measurement }[] = [];
  for (let round = 0; round < rounds; round++) {
    const base = run('stage.js', ['read+write', input, path('base.csv'), bundle, '1']) as Measurement;
    known.push({ hits: runNight(input, bundle, cache), base });
  }
  const text = report(fresh, night, plain, known);
  process.stdout.write(`${text}\n`);
  if (flags.write) writeResults('A large night', text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function report(
  fresh: { cached: NightRun; plain: NightRun }[],
  night: NightRun,
  plain: NightRun,
  known: { hits: NightRun; base: Measurement }[],
): string {
  const lines = [['run', 'rows', 'computed', 'processor s', 'seconds', 'rows/s', 'peak MB']];
  const add = (name: string, { rows: count, misses, ...figures }: Figures): void => {
    const { cpuSeconds, elapsedSeconds, peakRssMb } = figures;
    const seconds = [cpuSeconds, elapsedSeconds].map((each) => each.toFixed(1));
    const perSecond = (count / cpuSeconds).toFixed(0);
    lines.push([name, String(count), String(misses), ...seconds, perSecond, peakRssMb.toFixed(0)]);
  };
  add('1 % new', night);
  add('no cache', { ...plain, misses: plain.rows });
  for (const { hits, base } of known) {
    add('all known', hits);
    add('read+write alone', { ...base, misses: 0, elapsedSeconds: base.elapsedMs / 1000 });
  }
  for (const { cached, plain: without } of fresh) {
    add('all new', cached);
    add('all new, no cache', { ...without, misses: without.rows });
  }
  const ofKnown = (ratio: (pair: (typeof known)[number]) => number): string =>
    median(known.map(ratio)).toFixed(2);
  const ofFresh = (ratio: (pair: (typeof fresh)[number]) => number): string =>
    median(fresh.map(ratio)).toFixed(3);
  const { texts, bytes, keptBytes } = inspectCache(cache);
  const facts = [
    `1 % new: ${(night.rows / night.cpuSeconds / (plain.rows / plain.cpuSeconds)).toFixed(0)} times the rows per processor second of the run without a cache`,
    `all known, of the speed of read+write alone: ${ofKnown(({ hits, base }) => base.cpuSeconds / hits.cpuSeconds)} by processor time, ${ofKnown(({ hits, base }) => base.elapsedMs / 1000 / hits.elapsedSeconds)} by the clock`,
    `all new: ${ofFresh(({ cached, plain: without }) => cached.cpuSeconds / without.cpuSeconds)} times the processor time without a cache, ${ofFresh(({ cached, plain: without }) => cached.elapsedSeconds / without.elapsedSeconds)} times the time by the clock; peak memory ${ofFresh(({ cached, plain: without }) => cached.peakRssMb - without.peakRssMb)} MB more`,
    `the cache: ${texts} texts in ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / keptBytes).toFixed(2)} times what must be kept of them`,
  ];
  return [
    `${flags.model}, ${machine()}. Comments of four words, no two the same; one worker; rows/s by processor time of all threads, start included. ` +
      `Of the first night ${computed} rows were computed, the others have predictions of these.`,
    table(lines),
    facts.map((fact) => `- ${fact}`).join('\n'),
  ].join('\n\n');
}

type Figures = Pick<NightRun, 'rows' | 'misses' | 'cpuSeconds' | 'elapsedSeconds' | 'peakRssMb'>;

async function writeInput(file: string, isWanted: (row: number) => boolean): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('id,date,channel,rating,comment\n');
  for (let row = 0; row < rows; row++) {
    if (!isWanted(row)) continue;
    const channel = ['web', 'app', 'email', 'store'][row % 4];
    const line = `R-${row},2026-05-04,${channel},${1 + (row % 5)},${shortComment(row)}\n`;
    if (!stream.write(line)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

/** Keeps predictions of all rows but the new ones in the cache; those that were not computed get those of others. */
async function fill(model: string): Promise<void> {
  const plan = await planScore({ inputs: [input], output: '-', model, text: ['comment'], cache }, () => {});
  await plan.records.close();
  assert.ok(plan.cache);
  const levels = new CacheLevels(plan.cache);
  const comments = (start: number, count: number): string[] =>
    Array.from({ length: count }, (_, row) => shortComment(start + row));
  const shard = 512;
  for (let row = computed; row < rows - added; row += shard) {
    const count = Math.min(shard, rows - added - row);
    const known = levels.find(comments((row - computed) % (computed - shard), count));
    const wanted = levels.find(comments(row, count));
    if (wanted.ticket !== undefined) levels.keep(wanted.ticket, known.predictions);
  }
  levels.close();
}

/** Asserts that lines of the rows that both files have are the same. Returns how many there are. */
async function sameLines(all: string, some: string, isNew: (row: number) => boolean): Promise<number> {
  const wanted = createInterface({ input: createReadStream(some) })[Symbol.asyncIterator]();
  let row = -1;
  for await (const line of createInterface({ input: createReadStream(all) })) {
    if (row === -1 || row < computed || isNew(row)) assert.equal(line, (await wanted.next()).value);
    row++;
  }
  return (await wanted.next()).done === true ? computed + added : 0;
}

function runNight(given: string, model: string, cached: string, output = path('output.csv')): NightRun {
  rmSync(output, { force: true });
  rmSync(`${output}.manifest.json`, { force: true });
  return run('night-run.js', [given, output, model, '1', cached, '-']) as NightRun;
}

function run(script: string, args: string[]): unknown {
  const command = [join(import.meta.dirname, script), ...args];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' })) as unknown;
}
