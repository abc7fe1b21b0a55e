import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Predictor } from '../../src/predictor/predictor.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { killAtBytes, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const comments = [
  'The app crashes with an error.',
  'The staff was great, thank you!',
  'Please add a dark mode',
];

/** A bundle whose gate takes `none`, as of the second comment, for no feedback, and a file of comments. */
function prepare(t: TestContext): { directory: string; bundle: string } {
  const directory = scratchDirectory(t);
  const gate = { task: 'actionability', label: 'none' };
  const bundle = writeBundle(join(directory, 'gated'), { manifest: { gate } });
  writeFileSync(join(directory, 'in.csv'), `comment\n${comments.map((text) => `"${text}"`).join('\n')}\n`);
  return { directory, bundle };
}

test('a text that is no feedback has labels of the gate alone, and is counted apart', async (t) => {
  const { directory, bundle } = prepare(t);
  const args = ['score', 'in.csv', '-o', 'out.csv', '-m', bundle, '--tasks', 'sentiment,actionability,topic'];
  const { code, stderr } = await runVoxpop([...args, '--scores', 'all'], { cwd: directory });
  assert.equal(code, 0, stderr);
  const [header = '', crash = '', praise = ''] = readFileSync(join(directory, 'out.csv'), 'utf8').split('\n');
  const cells = Object.fromEntries(
    header.split(',').map((name, at) => [name, praise.split('",')[1]?.split(',')[at - 1] ?? '']),
  );
  const filled = Object.keys(cells).filter((name) => cells[name] !== '');
  assert.ok(filled.length > 0 && filled.every((name) => name.startsWith('actionability')), praise);
  assert.match(crash, /,negative,/);
  assert.match(stderr, /3 rows in .* \| 1 no feedback \|/);
  const manifest = JSON.parse(readFileSync(join(directory, 'out.csv.manifest.json'), 'utf8')) as {
    counts: Record<string, number>;
  };
  const { rows, scored, no_feedback: silent } = manifest.counts;
  assert.deepEqual([rows, scored, silent], [3, 2, 1]);
});

test('the gate holds whichever tasks are asked for, and opens on request', async (t) => {
  const { bundle } = prepare(t);
  const labelOf = async (options: object): Promise<(string | null | undefined)[]> => {
    const predictor = await Predictor.load(bundle, { tasks: ['sentiment'], ...options });
    return (await predictor.predict(comments)).map(({ tasks }) => tasks['sentiment']?.label);
  };
  const [crash, praise] = await labelOf({});
  assert.deepEqual([crash, praise], ['negative', null]);
  assert.equal((await labelOf({ keepNonAnswers: true }))[1], 'positive');
});

test('JSONL has no label and no scores where the gate is shut', async (t) => {
  const { bundle, directory } = prepare(t);
  const input = `${JSON.stringify({ comment: comments[1] })}\n`;
  const args = ['score', '-', '--from', 'jsonl', '-m', bundle, '-q', '--scores', 'all', '--tasks'];
  const { stdout } = await runVoxpop([...args, 'sentiment,topic'], { cwd: directory, input });
  const { predictions } = JSON.parse(stdout) as { predictions: object };
  assert.deepEqual(predictions, {
    sentiment: { label: null, score: null, scores: {} },
    topic: { labels: [], scores: {} },
  });
});

test('a run with rows that are no feedback goes on where it was killed', async (t) => {
  const { bundle, directory } = prepare(t);
  const rows = Array.from({ length: 9000 }, (_, row) => `${row},"${comments[row % comments.length]}"`);
  writeFileSync(join(directory, 'in.csv'), `id,comment\n${rows.join('\n')}\n`);
  const options = ['-m', bundle, '-t', 'comment', '--tasks', 'sentiment'];
  const run = (output: string, ...more: string[]): string[] =>
    ['score', 'in.csv', '-o', output].concat(options, more);
  assert.equal((await runVoxpop(run('whole.csv'), { cwd: directory })).code, 0);
  const whole = readFileSync(join(directory, 'whole.csv'));
  const killed = await runVoxpop(run('out.csv'), {
    cwd: directory,
    node: ['--import', killAtBytes],
    env: { VOXPOP_KILL_AT_BYTES: String(whole.length) },
  });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const { code, stderr } = await runVoxpop(run('out.csv', '--resume'), { cwd: directory });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /8,192 of them before \| 3,000 no feedback/);
  assert.ok(readFileSync(join(directory, 'out.csv')).equals(whole));
});
