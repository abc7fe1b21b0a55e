import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainTexts } from '../../src/pipeline/explain-texts.ts';
import { blankPredictions, type ShardPredictions, type TaskLayout, textFlags } from '../../src/protocol.ts';

const tasks: TaskLayout[] = [
  { name: 'mood', problemType: 'single_label_classification', labels: ['bad', 'good', 'none'] },
  { name: 'thing', problemType: 'multi_label_classification', labels: ['room', 'staff'] },
];
const thresholds = [0, 0, 0, 0.5, 0.5];

/** A model that counts words: `dirty` and `awful` are bad, `nice` is good, and things are named. */
function predict(texts: string[]): ShardPredictions {
  const predictions = blankPredictions(texts.length, thresholds.length);
  for (const [row, text] of texts.entries()) {
    const has = (word: string): number => text.split(/\W+/).filter((each) => each === word).length;
    if (text.trim() === '') {
      predictions.flags[row] = textFlags.empty;
      continue;
    }
    const moods = [3 * has('dirty') + 2 * has('awful'), 2 * has('nice'), 1].map(Math.exp);
    const sum = moods.reduce((total, mood) => total + mood, 0);
    const scores = [
      ...moods.map((mood) => mood / sum),
      has('room') > 0 ? 0.9 : 0.1,
      has('staff') > 0 ? 0.9 : 0.1,
    ];
    predictions.scores.set(scores, row * scores.length);
    const best = moods.indexOf(Math.max(...moods));
    scores.forEach((score, label) => {
      const isAssigned = label < moods.length ? label === best : score >= 0.5;
      predictions.assigned[row * scores.length + label] = Number(isAssigned);
    });
  }
  return predictions;
}

/** Explained labels as `label: words`, and how many variants were predicted for each text. */
async function explained(...texts: string[]): Promise<{ labels: string[][]; variants: number[] }> {
  let count = 0;
  const labels = await explainTexts(texts, predict(texts), {
    tasks,
    thresholds,
    predict: async (variants) => {
      count += variants.length;
      return predict(variants);
    },
  });
  const shown = labels.map((own, index) =>
    own.map(({ label, parts }) => {
      for (const { start, end, text, weight } of parts) {
        assert.equal(texts[index]?.slice(start, end), text);
        assert.ok(weight > 0);
      }
      return `${label}: ${parts.map(({ text }) => text).join(', ')}`;
    }),
  );
  return { labels: shown, variants: [count / texts.length] };
}

test('the words that carried each label are found, and no others', async () => {
  const { labels } = await explained('The room was dirty, the staff was nice.', 'A nice place');
  assert.deepEqual(labels, [['bad: dirty', 'room: room', 'staff: staff'], ['good: nice']]);
});

test('where several words carry a label, so many are marked that it would be gone', async () => {
  const { labels } = await explained('It was dirty and we found the whole place really awful as well');
  assert.deepEqual(labels, [['bad: dirty, awful']]);
});

test('a label that stays whatever is left out is carried by no word', async () => {
  const { labels } = await explained('We came in May by train');
  assert.deepEqual(labels, [['none: ']]);
});

test('a text without labels has nothing to explain, and costs nothing', async () => {
  assert.deepEqual(await explained(''), { labels: [[]], variants: [0] });
});

test('a long text costs no more than 19 readings, and words are still told apart', async () => {
  const filler = 'and then we went on to see the next thing in town ';
  const { labels, variants } = await explained(`${filler.repeat(6)}the room was dirty ${filler.repeat(6)}`);
  assert.ok((variants[0] as number) <= 18, `${variants[0]} variants`);
  assert.match(labels[0]?.[0] ?? '', /^bad: .{0,40}dirty.{0,40}$/);
});
