import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const feedback = join(fixturesDirectory, 'feedback.csv');
const labelled = join(fixturesDirectory, 'labelled.csv');
const model = ['--model', join(fixturesDirectory, 'bundle')];

const files: Record<string, string> = {
  'nested.jsonl': '{"id":1}\n{"id":2,"review":{"title":"Good","body":"Great service"}}\n',
  'task-map.json': '{"sentimet":{"negative":"bad"}}',
  'label-map.json': '{"topic":{"price value":"Price"}}',
  'gold.csv': 'comment,sentiment\nGreat service,postive\n',
  'fine.csv': 'comment,sentiment\nGreat service,positive\n',
  'scored.csv': 'comment,sentiment,sentiment_score\nGreat service,positive,0.9\n',
};

const cases: [args: string[], meant: string][] = [
  [['score', feedback, '--tasks', 'sentiment,topc', ...model], '`topic`'],
  [['score', feedback, '--threshold', 'emoton=0.5', ...model], '`emotion`'],
  [['score', feedback, '--model', 'voxpop-mimi'], '`voxpop-mini`'],
  [['score', feedback, '--text', 'coment', ...model], '`--text comment`'],
  [['score', 'nested.jsonl', '--text', 'review.bdy', ...model], '`--text review.body`'],
  [['score', feedback, '--label-map', 'task-map.json', ...model], '`sentiment`'],
  [['score', feedback, '--label-map', 'label-map.json', ...model], '`price_value`'],
  [['evaluate', labelled, '--gold', 'sentimet=sentiment', ...model], '`--gold sentiment=sentiment`'],
  [['evaluate', labelled, '--by', 'chanel', ...model], '`channel`'],
  [['evaluate', labelled, '--min', 'sentimet=0.5', ...model], '`sentiment`'],
  [
    ['evaluate', 'fine.csv', '--min', 'sentiment.negativ.f1=0.5', ...model],
    '`--min sentiment.negative.f1=0.5`',
  ],
  [['evaluate', 'gold.csv', ...model], '{"sentiment":{"postive":"positive"}}'],
  [['report', 'scored.csv', '--tasks', 'sentimet'], '`sentiment`'],
  [['report', 'scored.csv', '--focus', 'sentimet=positive'], '`--focus sentiment=positive`'],
  [['report', 'scored.csv', '--focus', 'sentiment=positve'], '`--focus sentiment=positive`'],
  [['model', 'show', 'voxpop-micr'], '`voxpop-micro`'],
  [['scor', feedback], 'score'],
  [['score', feedback, '--task', 'topic'], '--tasks'],
];

for (const [args, meant] of cases) {
  test(`${args
    .slice(0, 4)
    .map((arg) => arg.replace(fixturesDirectory, ''))
    .join(' ')} is answered with what was meant`, async (t) => {
    const cwd = scratchDirectory(t);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
    const { code, stderr } = await runVoxpop(args, { cwd });
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(meant), stderr);
  });
}
