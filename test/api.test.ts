import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { exitCodes, loadPredictor, score, type ScoreProgress, UsageError } from '../src/index.ts';
import { fixturesDirectory } from './support/paths.ts';
import { scratchDirectory } from './support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const input = join(fixturesDirectory, 'feedback.csv');

test('score writes to a path, tells its plan and progress, and sums up', async (t) => {
  const output = join(scratchDirectory(t), 'out.csv');
  const progress: ScoreProgress[] = [];
  let columns: string[] = [];
  const summary = await score(
    { inputs: [input], output, model: bundle },
    { onPlan: (plan) => (columns = plan.textColumns), onProgress: (now) => progress.push({ ...now }) },
  );
  assert.deepEqual(columns, ['comment']);
  assert.equal(summary.rows, 223);
  assert.equal(summary.rows, summary.scored + summary.empty + summary.nonAnswers);
  assert.ok(summary.nonAnswers > 0);
  assert.equal(progress.at(-1)?.bytesRead, progress.at(-1)?.totalBytes);
  assert.equal(summary.bytesWritten, readFileSync(output).length);
});

test('a stream is written to and left open; a sink that fails stops the source', async () => {
  const chunks: Buffer[] = [];
  const memory = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await score({ inputs: [input], output: memory, model: bundle });
  assert.equal(memory.writableEnded, false);
  assert.match(Buffer.concat(chunks).toString(), /^id,date,/);

  const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space in this test')) });
  const rows: number[] = [];
  await assert.rejects(
    score(
      { inputs: [input], output: full, model: bundle },
      { onProgress: ({ counts }) => rows.push(counts.rows) },
    ),
    /no space in this test/,
  );
  assert.deepEqual(rows, []);
});

test('an abort ends a run with its reason', async (t) => {
  const output = join(scratchDirectory(t), 'out.csv');
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(score({ inputs: [input], output, model: bundle, signal }), /enough/);
  assert.deepEqual(readdirSync(dirname(output)), []);
});

test('errors carry a code, an exit code and a hint', async () => {
  await assert.rejects(score({ inputs: [], output: 'x' }), (error) => {
    assert.ok(error instanceof UsageError);
    assert.deepEqual([error.code, error.exitCode], ['OPTION_INVALID', exitCodes.usage]);
    assert.ok(error.hint);
    return true;
  });
});

test('a predictor scores texts without files', async () => {
  const predictor = await loadPredictor(bundle, { tasks: ['sentiment'] });
  const [prediction] = await predictor.predict(['great']);
  assert.deepEqual(Object.keys(prediction?.tasks ?? {}), ['sentiment']);
});
