import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { verifyCache } from '../../src/cache/verify-cache.ts';
import { exitCodes } from '../../src/errors.ts';
import { seededRandom } from '../../src/random.ts';
import { labelledCsv, labelledRows } from '../support/feedback-labels.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory, repositoryRoot } from '../support/paths.ts';
import { type Finished, killAtBytes, runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const bundle = join(fixturesDirectory, 'bundle');
const feedback = join(fixturesDirectory, 'feedback.csv');
const labelled = join(fixturesDirectory, 'labelled.csv');
/** `npm run test:kill` sets it to 100. */
const kills = Number(process.env['VOXPOP_KILLS'] ?? 8);

async function run(
  cwd: string,
  command: string,
  more: Parameters<typeof runVoxpop>[1] = {},
): Promise<Finished> {
  const finished = await runVoxpop([...command.split(' '), '-m', bundle], { cwd, ...more });
  assert.equal(finished.code, exitCodes.ok, finished.stderr);
  return finished;
}

/** Texts that are all different, with an open question beside the usual column. */
function makeRows(from: number, to: number): string {
  let text = '';
  for (let row = from; row < to; row++)
    text += `${row},good service number ${row},"slow, row ${row % 700}"\n`;
  return text;
}

const header = 'id,comment,other\n';

test('a run with a cache writes the bytes of one without, whatever is read and written', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), header + makeRows(0, 1500));
  writeFileSync(
    join(directory, 'bad.csv'),
    header + makeRows(0, 300) + '7,too,many,cells\n' + makeRows(300, 400),
  );
  writeFileSync(join(directory, 'map.json'), '{"sentiment": {"negative": "bad", "neutral": "bad"}}');
  copyFileSync(feedback, join(directory, 'feedback.csv'));
  copyFileSync(join(fixturesDirectory, 'feedback.jsonl'), join(directory, 'feedback.jsonl'));
  const cases: [input: string, output: string, options: string][] = [
    ['in.csv', 'out.csv', '-t comment'],
    ['in.csv', 'out.tsv', '-t comment -t other --scores all'],
    ['in.csv', 'out.jsonl', '-t other --tasks sentiment,topic --threshold sentiment=0.6'],
    ['feedback.jsonl', 'out.csv.gz', '-t comment --flag-truncated'],
    ['feedback.jsonl', 'out.jsonl.gz', '-t comment --label-map map.json'],
    ['feedback.csv', 'out.csv', '-t comment --label-map map.json --prefix x_'],
    ['bad.csv', 'out.csv', '-t comment --rejects rejects.jsonl --max-rejects 5'],
    ['bad.csv', 'out.jsonl', '-t comment --errors inline'],
  ];
  for (const [input, output, options] of cases) {
    const command = `score ${input} -o ${output} ${options} --force`;
    const results = async (cache: string): Promise<unknown> => {
      await run(directory, command + cache);
      const names = [output, ...(options.includes('--rejects ') ? ['rejects.jsonl'] : [])];
      return names.map((name) => readFileSync(join(directory, name)).toString('latin1'));
    };
    const expected = await results('');
    assert.deepEqual(await results(' --cache labels.cache'), expected, command);
    const cold = manifestOf(join(directory, output));
    assert.deepEqual(await results(' --cache labels.cache'), expected, command);
    const warm = manifestOf(join(directory, output));
    assert.equal(warm.counts.misses, 0);
    assert.equal(warm.counts.hits, cold.counts.hits + cold.counts.misses);
    // No worker has seen a text.
    assert.equal(warm.counts.tokens, 0);
    assert.deepEqual([warm.labels, warm.counts.scored], [cold.labels, cold.counts.scored]);
  }
  assert.match(
    (await runVoxpop(['cache', 'verify', 'labels.cache'], { cwd: directory })).stdout,
    /is valid: /,
  );
});

test('what a cache was good for is said: closing line, events, manifest', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 900));
  writeFileSync(join(cwd, 'next.csv'), header + makeRows(0, 950));
  await run(cwd, 'score in.csv -o out.csv -t comment --cache labels.cache');
  const { stderr } = await run(cwd, 'score next.csv -o next.out.csv -t comment --cache labels.cache');
  assert.match(stderr, / \| 900 hits, 50 misses, [\d.]+ s saved \| /);
  const { cache, counts } = manifestOf(join(cwd, 'next.out.csv'));
  assert.deepEqual([counts.hits, counts.misses], [900, 50]);
  assert.deepEqual(
    [cache?.path, cache?.from, cache?.texts, cache?.bytes],
    ['labels.cache', [], 950, statSync(join(cwd, 'labels.cache')).size],
  );
  assert.ok((cache?.seconds_saved ?? 0) >= 0);
  const events = await run(
    cwd,
    'score next.csv -o last.csv -t comment --cache labels.cache --log-format json',
  );
  const end = JSON.parse(events.stderr.trimEnd().split('\n').at(-1) as string) as Record<string, unknown>;
  assert.deepEqual([end['event'], end['hits'], end['misses']], ['end', 950, 0]);
  const { hits, misses } = end['cache'] as Record<string, number>;
  assert.deepEqual([hits, misses], [950, 0]);
  // Without a cache there is nothing to say.
  const plain = await run(cwd, 'score next.csv -o plain.csv -t comment');
  assert.doesNotMatch(plain.stderr, /hits|saved/);
  assert.equal(manifestOf(join(cwd, 'plain.csv')).cache, null);
});

test('shards take from a shared cache, and keep what is theirs in their own', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 1000));
  writeFileSync(join(cwd, 'next.csv'), header + makeRows(100, 1200));
  await run(cwd, 'score in.csv -o out.csv -t comment --cache shared.cache');
  await run(cwd, 'score next.csv -o expected.csv -t comment');
  const shared = readFileSync(join(cwd, 'shared.cache'));
  for (const index of [0, 1, 2]) {
    const own = `--cache own-${index}.cache --cache-from shared.cache`;
    await run(cwd, `score next.csv -o part-${index}.csv -t comment --shard ${index}/3 ${own}`);
  }
  const merged = await runVoxpop(['merge', 'part-0.csv', 'part-1.csv', 'part-2.csv', '-o', 'merged.csv'], {
    cwd,
  });
  assert.equal(merged.code, exitCodes.ok, merged.stderr);
  assert.deepEqual(readFileSync(join(cwd, 'merged.csv')), readFileSync(join(cwd, 'expected.csv')));
  assert.deepEqual(readFileSync(join(cwd, 'shared.cache')), shared);
  const { counts, cache } = manifestOf(join(cwd, 'merged.csv'));
  assert.deepEqual([counts.hits, counts.misses, cache?.path], [900, 200, null]);
});

test('a filter answers from the cache, and keeps what is new', async (t) => {
  const cwd = scratchDirectory(t);
  const input = readFileSync(join(fixturesDirectory, 'feedback.jsonl'));
  const filter = 'score - --line-buffered -t comment --errors inline';
  const expected = await run(cwd, filter, { input });
  for (let round = 0; round < 2; round++) {
    const { stdout, stderr } = await run(cwd, `${filter} --cache labels.cache`, { input });
    assert.equal(stdout, expected.stdout);
    assert.match(stderr, round === 0 ? /\b0 hits, \d+ misses/ : /\b0 misses/);
  }
});

test('evaluate and compare say the same with a cache as without', async (t) => {
  const cwd = scratchDirectory(t);
  const gold = join(cwd, 'gold.csv');
  writeFileSync(gold, labelledCsv());
  // One row has no text.
  const texts = labelledRows.length - 2;
  const evaluate = `evaluate ${gold} --json`;
  const expected = await run(cwd, evaluate);
  for (const [hits, misses] of [
    [0, texts],
    [texts, 0],
  ]) {
    const { stdout, stderr } = await run(cwd, `${evaluate} --cache labels.cache`);
    assert.equal(stdout, expected.stdout);
    assert.match(stderr, new RegExp(`^${hits} hits, ${misses} misses, [\\d.]+ s saved$`, 'm'));
  }
  const other = writeBundle(join(cwd, 'other'), { manifest: { version: '1.1.0' } });
  const compare = ['compare', '--bundles', bundle, other, '--on', gold, '--json'];
  const compared: Record<string, unknown>[] = [];
  for (const cache of [[], ['--cache', 'both.cache'], ['--cache', 'both.cache']]) {
    const { code, stdout, stderr } = await runVoxpop([...compare, ...cache], { cwd });
    assert.equal(code, exitCodes.ok, stderr);
    compared.push(JSON.parse(stdout) as Record<string, unknown>);
  }
  const [plain, cold, warm] = compared as [
    Record<string, unknown>,
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  for (const [document, hits] of [
    [cold, 0],
    [warm, texts],
  ] as const) {
    assert.deepEqual([document['tasks'], document['quality']], [plain['tasks'], plain['quality']]);
    assert.equal(document['speed'], undefined);
    for (const side of ['a', 'b']) {
      const { cache } = document[side] as { cache: unknown };
      assert.deepEqual(cache, { hits, misses: texts - hits });
    }
  }
  const priced = await runVoxpop([...compare, '--cache', 'both.cache', '--price-per-hour', '1'], { cwd });
  assert.equal(priced.code, exitCodes.usage);
  assert.match(priced.stderr, /Expected --price-per-hour without a cache/);
});

test('a bundle that depends on neighbours is scored row by row with a cache, or not at all', async (t) => {
  const cwd = scratchDirectory(t);
  const model = writeBundle(join(cwd, 'bundle'), { manifest: { batch_invariant: false } });
  const command = [
    'score',
    feedback,
    '-m',
    model,
    '-t',
    'comment',
    '-o',
    'out.csv',
    '--cache',
    'labels.cache',
  ];
  const { code, stderr } = await runVoxpop(command, { cwd });
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected --deterministic along with --cache/);
  assert.equal((await runVoxpop([...command, '--deterministic'], { cwd })).code, exitCodes.ok);
});

test('a second run beside one that writes the cache goes on without keeping, and says so', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 600));
  await run(cwd, 'score in.csv -o expected.csv -t comment --cache labels.cache');
  const filter = [
    'score',
    '-',
    '--line-buffered',
    '-t',
    'comment',
    '-m',
    bundle,
    '--cache',
    'labels.cache',
    '-q',
  ];
  const first = spawn(process.execPath, [voxpopScript, ...filter], { cwd, stdio: 'pipe' });
  t.after(() => first.kill('SIGKILL'));
  // It has answered, so it has the cache.
  first.stdin.write('{"comment":"good service number 1"}\n');
  await once(first.stdout, 'data');
  const { stderr } = await run(cwd, 'score in.csv -o out.csv -t comment --cache labels.cache');
  assert.match(stderr, /labels\.cache is being written by another process: it is only read/);
  assert.match(stderr, /600 hits, 0 misses/);
  assert.deepEqual(readFileSync(join(cwd, 'out.csv')), readFileSync(join(cwd, 'expected.csv')));
  for (const command of ['prune', 'clear']) {
    const { code, stderr: refusal } = await runVoxpop(['cache', command, 'labels.cache'], { cwd });
    assert.equal(code, exitCodes.failed);
    assert.match(refusal, /another process is using the cache/);
  }
  first.stdin.end();
  assert.equal(((await once(first, 'exit')) as [number])[0], exitCodes.ok);
});

test('a damaged cache does not stop a nightly run, and is named', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 800));
  await run(cwd, 'score in.csv -o expected.csv -t comment --cache labels.cache');
  const bytes = readFileSync(join(cwd, 'labels.cache'));
  writeFileSync(join(cwd, 'labels.cache'), bytes.fill(0, 100, bytes.length / 2));
  const verified = await runVoxpop(['cache', 'verify', 'labels.cache'], { cwd });
  assert.equal(verified.code, exitCodes.usage);
  assert.match(
    verified.stderr,
    /labels\.cache: the cache is damaged: .*\n {2}The next run with --cache sets it aside/,
  );
  const { stderr } = await run(cwd, 'score in.csv -o out.csv -t comment --cache labels.cache');
  assert.match(
    stderr,
    /labels\.cache is damaged .* set aside as labels\.cache\.damaged-1, and a new one is begun/,
  );
  assert.deepEqual(readFileSync(join(cwd, 'out.csv')), readFileSync(join(cwd, 'expected.csv')));
  assert.equal(verifyCache(join(cwd, 'labels.cache')).texts, 800);
});

test('what cannot be a cache is refused before anything is scored', async (t) => {
  const cwd = scratchDirectory(t);
  copyFileSync(feedback, join(cwd, 'in.csv'));
  copyFileSync(labelled, join(cwd, 'other.csv'));
  const cases: [options: string, message: RegExp][] = [
    ['--cache in.csv', /Expected an output other than the input, got `in\.csv`/],
    ['--cache out.csv', /Expected different files to write, got out\.csv twice/],
    ['--cache other.csv', /Expected a cache of voxpop in other\.csv, found something else/],
    ['--cache no/labels.cache', /no\/labels\.cache: expected the folder to exist/],
    ['--cache-from none.cache', /Expected a cache in none\.cache, found none/],
    [
      '--cache labels.cache --cache-size huge',
      /Expected --cache-size to be a size of at least 1MB, like 500MB or 2GB, got huge/,
    ],
    ['--cache labels.cache --cache-size 10KB', /Expected --cache-size .* got 10KB/],
  ];
  for (const [options, message] of cases) {
    const args = ['score', 'in.csv', '-o', 'out.csv', '-t', 'comment', '-m', bundle, ...options.split(' ')];
    const { code, stderr } = await runVoxpop(args, { cwd });
    assert.equal(code, exitCodes.usage, options);
    assert.match(stderr, message);
    assert.deepEqual(readdirSync(cwd).toSorted(), ['in.csv', 'other.csv'], options);
  }
  assert.deepEqual(readFileSync(join(cwd, 'other.csv')), readFileSync(labelled));
});

test('cache info, verify, prune and clear', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 3000));
  const newer = writeBundle(join(cwd, 'newer'), { manifest: { version: '1.1.0' } });
  await run(cwd, 'score in.csv -o out.csv -t comment --cache labels.cache');
  await run(cwd, 'score in.csv -o out.csv -t comment --cache labels.cache --tasks sentiment --force');
  const cache = async (...args: string[]): Promise<Finished> => runVoxpop(['cache', ...args], { cwd });
  const before = JSON.parse((await cache('info', 'labels.cache', '--json')).stdout) as {
    texts: number;
    keptBytes: number;
    bytes: number;
    conditions: { texts: number; conditions: { tasks: string[] } }[];
  };
  assert.deepEqual([before.texts, before.conditions.length], [6000, 2]);
  assert.ok(before.bytes < 2.5 * before.keptBytes, `${before.bytes} bytes for ${before.keptBytes}`);
  assert.match((await cache('info', 'labels.cache')).stdout, /^texts +6,000$/m);
  assert.match((await cache('prune', 'labels.cache')).stdout, /^0 texts removed, 6,000 left/m);
  // Another bundle of that name takes its place; until pruned, the old predictions stay.
  const args = ['score', 'in.csv', '-o', 'out.csv', '-t', 'comment', '--cache', 'labels.cache', '--force'];
  assert.equal((await runVoxpop([...args, '-m', newer], { cwd })).code, exitCodes.ok);
  assert.match((await cache('verify', 'labels.cache')).stdout, /is valid: 9,000 texts/);
  const pruned = await cache('prune', 'labels.cache');
  assert.match(pruned.stdout, /^removed fixture 1\.0\.0 .*, sentiment emotion/m);
  assert.match(pruned.stdout, /^6,000 texts removed, 3,000 left/m);
  const { size } = statSync(join(cwd, 'labels.cache'));
  assert.ok(size < 0.9 * before.bytes, `${size} bytes after ${before.bytes}`);
  assert.match((await cache('prune', 'labels.cache', '--unused-days', '1')).stdout, /^0 texts removed/m);
  assert.match((await cache('verify', 'labels.cache')).stdout, /is valid: 3,000 texts/);
  assert.equal((await runVoxpop([...args, '-m', newer], { cwd })).code, exitCodes.ok);
  assert.equal(manifestOf(join(cwd, 'out.csv')).counts.hits, 3000);
  assert.match((await cache('clear', 'labels.cache')).stdout, /^removed labels\.cache, .* and its secret/);
  assert.deepEqual(
    readdirSync(cwd).filter((name) => name.startsWith('labels')),
    [],
  );
  const missing = await cache('info', 'labels.cache');
  assert.deepEqual([missing.code, missing.stdout], [exitCodes.usage, '']);
  assert.match(missing.stderr, /labels\.cache: expected a cache, found none/);
});

test(`a run that is killed leaves a cache that can be relied on (${kills} kills)`, async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'in.csv'), header + makeRows(0, 9000));
  writeFileSync(join(cwd, 'old.csv'), header + makeRows(4000, 7000));
  await run(cwd, 'score in.csv -o expected.csv -t comment');
  const expected = readFileSync(join(cwd, 'expected.csv'));
  await run(cwd, 'score old.csv -o old.out.csv -t comment --cache old.cache');
  const command = 'score in.csv -o out.csv -t comment -w 1 --cache labels.cache --cache-size 1.4MB --force';
  const restart = (): void => {
    for (const name of readdirSync(cwd)) if (/^(out|labels|expected)\./.test(name)) rmSync(join(cwd, name));
    copyFileSync(join(cwd, 'old.cache'), join(cwd, 'labels.cache'));
    copyFileSync(join(cwd, 'old.cache.secret'), join(cwd, 'labels.cache.secret'));
  };
  const killAtStatement = pathToFileURL(join(repositoryRoot, 'dist/test/support/kill-at-statement.js')).href;
  const count = join(cwd, 'count');
  restart();
  await run(cwd, command, { node: ['--import', killAtStatement], env: { VOXPOP_COUNT_TO: count } });
  const statements = Number(readFileSync(count, 'utf8'));
  assert.ok(statements > 4000, `${statements}`);
  const random = seededRandom(Number(process.env['VOXPOP_KILL_SEED'] ?? 5));
  for (let kill = 0; kill < kills; kill++) {
    restart();
    if (kill % 2 === 0) {
      // Between two statements of the cache; how many there are depends on what a lookup finds written already.
      const at = 1 + Math.floor(random() * 0.8 * statements);
      const killed = await runVoxpop([...command.split(' '), '-m', bundle], {
        cwd,
        node: ['--import', killAtStatement],
        env: { VOXPOP_KILL_AT_STATEMENT: String(at) },
      });
      assert.equal(killed.signal, 'SIGKILL', `at ${at} of ${statements}: ${killed.stderr}`);
    } else if (kill % 4 === 1) {
      // While a transaction is being written, as its journal shows.
      const child = spawn(process.execPath, [voxpopScript, ...command.split(' '), '-m', bundle], { cwd });
      let wanted = Math.floor(random() * 4);
      let isThere = false;
      await waitUntil(child, 'a journal', () => {
        const isNow = existsSync(join(cwd, 'labels.cache-journal'));
        if (isNow && !isThere) wanted--;
        isThere = isNow;
        return wanted < 0;
      });
      child.kill('SIGKILL');
      await once(child, 'exit');
    } else {
      // At any byte of the output.
      const at = 1 + Math.floor(random() * expected.length);
      const killed = await runVoxpop([...command.split(' '), '-m', bundle], {
        cwd,
        node: ['--import', killAtBytes],
        env: { VOXPOP_KILL_AT_BYTES: String(at) },
      });
      assert.equal(killed.signal, 'SIGKILL', killed.stderr);
    }
    if (kill % 3 === 0) verifyCache(join(cwd, 'labels.cache'));
    const { stderr } = await run(cwd, `${command} --resume`);
    assert.doesNotMatch(stderr, /damaged|failed/);
    assert.ok(readFileSync(join(cwd, 'out.csv')).equals(expected), `kill ${kill}`);
    verifyCache(join(cwd, 'labels.cache'));
    assert.ok(statSync(join(cwd, 'labels.cache')).size <= 1.4e6);
  }
});
