import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { fixtureBundle, labelledRows } from '../support/feedback-labels.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

test('score writes the new names, counts them in the manifest, and prints their mix', async (context) => {
  const directory = scratchDirectory(context);
  const texts = labelledRows.slice(1).map((row) => ({ comment: row[2] }));
  writeFileSync(join(directory, 'in.jsonl'), texts.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const map = { sentiment: { negative: 'bad', neutral: 'bad' }, topic: { food_drink: 'Café' } };
  writeFileSync(join(directory, 'map.json'), JSON.stringify(map));
  const args = ['score', 'in.jsonl', '-m', fixtureBundle, '-w', '1', '--tasks', 'sentiment,topic'];
  const rest = ['-o', 'out.csv', '--label-map', 'map.json', '--summary'];
  const { code, stderr } = await runVoxpop([...args, ...rest], { cwd: directory });
  assert.equal(code, exitCodes.ok, stderr);
  const lines = readFileSync(join(directory, 'out.csv'), 'utf8').split('\n');
  assert.match(lines[2] as string, /^Das Essen war schlecht,bad,0\.\d+,Café,0\.\d+$/);
  assert.match(stderr, /^sentiment\n {2}bad +█+ +50\.0% {2}3\n {2}positive +█+ +50\.0% {2}3\ntopic\n/m);
  const manifest = manifestOf(join(directory, 'out.csv'));
  assert.deepEqual(manifest.labels['sentiment'], { bad: 3, positive: 3 });
  assert.deepEqual(manifest.options['labelMap'], map);
  // The same map as a table is the same run: resumed, it finds its work done.
  const rows = 'sentiment;negative;bad\r\nsentiment;neutral;bad\r\ntopic;food_drink;Café\r\n';
  writeFileSync(join(directory, 'map.csv'), `\ufefftask;label;name\r\n${rows}`);
  const table = ['-o', 'out.csv', '--label-map', 'map.csv', '--resume', '--log-format', 'json'];
  const again = await runVoxpop([...args, ...table], { cwd: directory });
  assert.equal(again.code, exitCodes.ok, again.stderr);
  assert.match(again.stderr, /"nothing_to_do":true/);
});

test('a map with an unknown label is refused before anything is written', async (context) => {
  const directory = scratchDirectory(context);
  writeFileSync(join(directory, 'in.csv'), 'comment\ngood\n');
  writeFileSync(join(directory, 'map.json'), '{"sentiment": {"negativ": "bad"}}');
  const args = ['score', 'in.csv', '-m', fixtureBundle, '--label-map', 'map.json'];
  const { code, stdout, stderr } = await runVoxpop(args, { cwd: directory });
  assert.equal(code, exitCodes.usage);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /Expected labels of sentiment \(negative, neutral, positive\) in --label-map, found negativ/,
  );
});
