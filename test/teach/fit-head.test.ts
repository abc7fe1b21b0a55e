import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/random.ts';
import { learnHead, type Lesson } from '../../src/teach/fit-head.ts';

const size = 8;
const fewRows = 60;

/** Rows of two labels in turn; `say` whether the features, or the words, tell them apart. */
function lesson(say: 'features' | 'words', rows = fewRows): Lesson {
  const random = seededRandom(3);
  const noise = (): string =>
    Array.from({ length: 12 }, () => String.fromCodePoint(97 + Math.floor(random() * 26))).join('');
  const texts: string[] = [];
  const features = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const label = row % 2;
    texts.push(
      say === 'words' ? `${noise()} ${label === 0 ? 'refund' : 'parking'}` : `${noise()} ${noise()}`,
    );
    for (let at = 0; at < size; at++) features[row * size + at] = random() - 0.5;
    if (say === 'features') features[row * size] = label === 0 ? -1 : 1;
  }
  return {
    texts,
    features,
    size,
    places: Int32Array.from({ length: rows }, (_, row) => row),
    gold: texts.map((_, row) => [row % 2]),
    labels: ['refund', 'parking'],
    problemType: 'single_label_classification',
    hints: undefined,
    background: {
      directions: undefined,
      center: new Float32Array(size),
      scale: new Float32Array(size).fill(1),
    },
    seed: 1,
    pause: async () => {},
  };
}

test('parts of words are learned from where they tell labels apart', async () => {
  const { head, checked } = await learnHead(lesson('words'));
  assert.notEqual(head.ngrams, undefined);
  assert.ok(checked.filter(({ row, predicted }) => predicted[0] === row % 2).length > 0.9 * fewRows);
});

test('parts of words that are noise are not learned from', async () => {
  const { head, checked } = await learnHead(lesson('features'));
  assert.equal(head.ngrams, undefined);
  assert.ok(checked.filter(({ row, predicted }) => predicted[0] === row % 2).length > 0.9 * fewRows);
});

test('the more rows agree, the less the weights are held down', async () => {
  const few = await learnHead(lesson('features'));
  const many = await learnHead(lesson('features', 2000));
  assert.ok(many.penalty / 2000 < few.penalty / fewRows, `${many.penalty}, ${few.penalty}`);
});
