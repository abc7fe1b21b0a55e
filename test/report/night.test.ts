import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatReport, report, score } from '../../src/index.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const good = 'The staff was great, thank you!';
const bad = 'The app crashes with an error.';

/** Rows with keys from one number to another. */
function rows(from: number, to: number, text: string): string {
  return Array.from({ length: to - from }, (_, row) => `${from + row},"${text}"\n`).join('');
}

test('a report tells what is new since an earlier file, and how labels of new rows differ from all', async (t) => {
  const directory = scratchDirectory(t);
  const path = (name: string): string => join(directory, name);
  writeFileSync(path('monday.csv'), `id,comment\n${rows(0, 80, good)}`);
  writeFileSync(
    path('tuesday.csv'),
    `id,comment\n${rows(10, 70, good)}${rows(70, 80, bad)}${rows(80, 100, bad)}`,
  );
  const options = { inputs: [path('tuesday.csv')], model: bundle, tasks: ['sentiment'], key: ['id'] };
  await score({
    inputs: [path('monday.csv')],
    output: path('monday.out.csv'),
    model: bundle,
    tasks: ['sentiment'],
  });
  const outputs = { all: path('all.csv'), only: path('only.csv'), dump: path('dump.csv') };
  await score({ ...options, output: outputs.all, since: path('monday.out.csv') });
  await score({ ...options, output: outputs.only, since: path('monday.out.csv'), onlyNew: true });
  await score({ ...options, output: outputs.dump, since: path('monday.csv'), onlyNew: true });

  const all = await report({ input: outputs.all });
  assert.deepEqual(all.night, {
    since: path('monday.out.csv'),
    new: 20,
    changed: 10,
    unchanged: 60,
    deleted: 10,
    against: 'file',
    drift: [
      { ...all.night?.drift[0], task: 'sentiment', moved: { label: 'negative', new: 1, all: 0.333333 } },
    ],
  });
  assert.ok((all.night?.drift[0]?.psi ?? 0) > 0.25);
  const only = (await report({ input: outputs.only })).night;
  assert.deepEqual([only?.new, only?.against], [20, 'since']);
  assert.deepEqual(only?.drift[0]?.moved, { label: 'negative', new: 1, all: 0 });
  // A dump has no labels to hold new ones against.
  assert.deepEqual((await report({ input: outputs.dump })).night?.drift, []);
  assert.equal((await report({ input: path('monday.out.csv') })).night, undefined);

  const markdown = await formatReport(all, 'md');
  assert.match(markdown, /## What is new\n\nSince .*: 20 rows new, 10 changed, 60 unchanged, 10 deleted\./);
  assert.match(markdown, /\| Sentiment \| 2\\?\.\d{3} \| Negative \| 100% \| 33% \|/);
  const page = await formatReport(all, 'html');
  assert.match(page, /<h2>What is new<\/h2>/);
  assert.match(page, /20 rows new, 10 changed/);
  assert.match(readFileSync(outputs.all, 'utf8'), /,negative,[\d.]+,new\n/);
});
