import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Predictor } from '../../src/predictor/predictor.ts';
import { feedbackTexts } from '../support/feedback-texts.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { fixtureBundle, labelledCsv } from '../support/feedback-labels.ts';
import { makeModel } from '../support/fixture-model.ts';
import { encodeOnnx } from '../support/onnx-writer.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { countParameters, keepOutputs } from './onnx-file.ts';
import { writeSingleTask } from './single-task.ts';

test('the parameters of a model are the values of its tensors', () => {
  const tensors = makeModel().graph.initializers;
  const expected = tensors.reduce(
    (sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1),
    0,
  );
  assert.equal(countParameters(readFileSync(join(fixtureBundle, 'model.onnx'))), expected);
});

test('of a table of int4, which lies two to a byte, both are counted', () => {
  const model = makeModel();
  const before = countParameters(encodeOnnx(model));
  const packed = { type: 'int8' as const, dims: [3, 8], values: Array<number>(24).fill(7) };
  model.graph.initializers.push({ name: 'table_int4', ...packed }, { name: 'table_scale', ...packed });
  assert.equal(countParameters(encodeOnnx(model)), before + 48);
});

test('a model that keeps all outputs keeps its bytes', () => {
  const model = readFileSync(join(fixtureBundle, 'model.onnx'));
  const names = makeModel().graph.outputs.map(({ name }) => name);
  assert.deepEqual(Buffer.from(keepOutputs(model, names)), model);
});

test('a bundle with one head predicts as the whole one does', async (t) => {
  const path = await writeSingleTask(fixtureBundle, 'topic', scratchDirectory(t));
  const [whole, single] = [await Predictor.load(fixtureBundle), await Predictor.load(path)];
  assert.deepEqual(
    single.tasks.map(({ name }) => name),
    ['topic'],
  );
  const texts = feedbackTexts().slice(0, 40);
  const expected = await whole.predict(texts);
  const found = await single.predict(texts);
  assert.deepEqual(
    found.map(({ tasks }) => tasks['topic']),
    expected.map(({ tasks }) => tasks['topic']),
  );
});

test('the table has a line per bundle, and is put between the marks of a page', (t) => {
  const directory = scratchDirectory(t);
  const on = join(directory, 'labelled.csv');
  writeFileSync(on, labelledCsv());
  const page = join(directory, 'page.md');
  writeFileSync(page, 'before\n<!-- begin:table -->\nold\n<!-- end:table -->\nafter\n');
  const copy = (name: string): string => writeBundle(join(directory, name));
  const script = join(import.meta.dirname, 'table.js');
  const flags = {
    baseline: `full-size=${copy('full-size')}`,
    teacher: `teacher=${fixtureBundle}`,
    bundle: `student=${copy('student')}`,
    on,
    workers: '1',
    text: 'comment',
    'price-per-core-hour': '0.5',
    write: page,
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  execFileSync(process.execPath, [script, ...args], { stdio: 'pipe' });
  const text = readFileSync(page, 'utf8');
  assert.match(text, /^before\n[\s\S]*\nafter\n$/);
  assert.doesNotMatch(text, /\bold\b/);
  const cells = (name: string): string[] =>
    (text.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '')
      .split('|')
      .map((cell) => cell.trim());
  const column = (header: string): number => cells('bundle').indexOf(header);
  assert.ok(column('sentiment F1') > 0 && column('topic F1') > 0);
  // The student is the teacher: it loses nothing. The baseline's labels are not looked at.
  assert.equal(cells('student')[column('degradation')], '0.00 %');
  assert.equal(cells('teacher')[column('degradation')], '-');
  assert.equal(cells('full-size')[column('sentiment F1')], '-');
  assert.notEqual(cells('student')[column('sentiment F1')], '-');
  assert.match(cells('student')[column('speed-up')] ?? '', /^\d+\.\d\dx$/);
  assert.match(cells('student')[column('one model for all tasks saves')] ?? '', /^-?\d+ %$/);
  const rate = Number(cells('student')[column('rows/s, 1 core')]);
  const cost = Number(cells('student')[column('cost of 10^6 rows')]);
  assert.ok(Math.abs(cost - (0.5 * 1e6) / (rate * 3600)) < 0.02, `${cost} at ${rate} rows/s`);
  assert.match(text, /15\.61x/);
});
