import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InputError, UsageError } from '../../src/errors.ts';
import { mapLabels, readLabelMap } from '../../src/pipeline/label-map.ts';
import { blankPredictions, type ShardPredictions, type TaskLayout } from '../../src/protocol.ts';
import { scratchDirectory } from '../support/scratch.ts';

const tasks: TaskLayout[] = [
  {
    name: 'sentiment',
    problemType: 'single_label_classification',
    labels: ['negative', 'neutral', 'positive'],
  },
  { name: 'topic', problemType: 'multi_label_classification', labels: ['food', 'staff', 'drink'] },
];

/** Two texts: negative with food and drink, positive with nothing. */
const predictions: ShardPredictions = {
  scores: Float32Array.of(0.5, 0.25, 0.25, 0.75, 0.125, 0.5, 0, 0.25, 0.75, 0.25, 0.25, 0.125),
  assigned: Uint8Array.of(1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0),
  flags: Uint8Array.of(0, 0),
  counts: blankPredictions(0, 0).counts,
};

test('labels are renamed, and merged under the highest of their scores', () => {
  const { tasks: mapped, apply } = mapLabels(tasks, {
    sentiment: { negative: 'detractor' },
    topic: { food: 'menu', drink: 'menu' },
  });
  assert.deepEqual(
    mapped.map(({ labels }) => labels),
    [
      ['detractor', 'neutral', 'positive'],
      ['menu', 'staff'],
    ],
  );
  const { scores, assigned } = apply(predictions);
  assert.deepEqual([...scores], [0.5, 0.25, 0.25, 0.75, 0.125, 0, 0.25, 0.75, 0.25, 0.25]);
  assert.deepEqual([...assigned], [1, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
});

test('an empty map changes nothing', () => {
  const { tasks: mapped, apply } = mapLabels(tasks, {});
  assert.deepEqual(mapped, tasks);
  assert.deepEqual(apply(predictions), predictions);
});

test('an unknown task or label is an error that lists the known ones', () => {
  assert.throws(() => mapLabels(tasks, { mood: {} }), UsageError);
  assert.throws(
    () => mapLabels(tasks, { topic: { foood: 'Menu' } }),
    (error: UsageError) => error.message.includes('food, staff, drink') && error.message.includes('foood'),
  );
});

test('a file that is no map says so', async (context) => {
  const directory = scratchDirectory(context);
  const wrong = ['[]', '{', '{"topic": {"food": 1}}', '{"topic": {"food": "a;b"}}', '{"topic": "Menu"}'];
  for (const [index, text] of wrong.entries()) {
    const file = join(directory, `${index}.json`);
    writeFileSync(file, text);
    await assert.rejects(readLabelMap(file), InputError, text);
  }
  await assert.rejects(readLabelMap(join(directory, 'missing.json')), InputError);
  const file = join(directory, 'right.json');
  writeFileSync(file, '{"topic": {"food": "Menu"}}');
  assert.deepEqual(await readLabelMap(file), { topic: { food: 'Menu' } });
});

test('a table from a spreadsheet is a map as good as JSON', async (context) => {
  const directory = scratchDirectory(context);
  const expected = { topic: { food: 'Menu, all of it', staff: 'Team' }, sentiment: { negative: 'bad' } };
  const rows = 'topic,food,"Menu, all of it"\ntopic,staff,Team\nsentiment,negative,bad\n';
  const other = rows.replaceAll(/,(?! )/g, ';').replaceAll('"', '');
  const tables: Record<string, string | Buffer> = {
    plain: `task,label,name\n${rows}`,
    'other names in the header': `Task,Label,Name,note\n${rows.replaceAll('\n', ',n\n')}`,
    'other order': 'name,task,label\n"Menu, all of it",topic,food\nTeam,topic,staff\nbad,sentiment,negative',
    'semicolons, byte order mark, CRLF': `\ufefftask;label;name\r\n${other.replaceAll('\n', '\r\n')}`,
    'sep line': `sep=;\r\ntask;label;name\r\n${other}`,
    'tabs in UTF-16': Buffer.from(`\ufefftask\tlabel\tname\r\n${other.replaceAll(';', '\t')}`, 'utf16le'),
    'blanks, blank rows, trailing delimiters': `task , label,name,,\n,,,,\n${rows.replaceAll(',', ' ,').replace('" ,', '",').replace('Menu ,', 'Menu,')}\n\n`,
    'the same row twice': `task,label,name\n${rows}topic,staff,Team\n`,
  };
  for (const [name, content] of Object.entries(tables)) {
    const file = join(directory, 'map.csv');
    writeFileSync(file, content);
    assert.deepEqual(await readLabelMap(file), expected, name);
  }
});

test('a table that is no map is an error with its line', async (context) => {
  const directory = scratchDirectory(context);
  const wrong: [RegExp, string | Buffer][] = [
    [/map\.csv: expected new names of labels, found an empty file/, ' \n'],
    [/map\.csv:1: expected the columns `task`, `label`, `name`, found `task`, `label`/, 'task,label\na,b\n'],
    [/map\.csv:3: expected a task, a label and its new name, found no name in `topic,b,`/, 'task,label,name\ntopic,a,x\ntopic,b,\n'],
    [/map\.csv:2: expected 3 cells as in the header, found 4/, 'task,label,name\ntopic,food,Menu, drinks\n'],
    [/map\.csv:2: expected a name without `;`/, 'task,label,name\ntopic,food,Menu;Drinks\n'],
    [/map\.csv:4: expected one name for a of topic, found y here and x on line 2/, 'task,label,name\ntopic,a,x\n\ntopic,a,y\n'],
    [/map\.csv:4: expected a name without `;`/, 'task,label,name\r\ntopic,a,"x\r\ny"\r\ntopic,b,"x;y"\r\n'],
    [/map\.csv:3: expected a task.* found no task/, 'sep=,\ntask,label,name\n,a,x\n'],
    [/map\.csv:.*expected a table, found a fault in it/, 'task,label,name\ntopic,a,"x\n'],
    [/map\.csv: expected a table in UTF-8/, Buffer.from('task,label,name\ntopic,a,Caf\xe9\n', 'latin1')],
  ]; // prettier-ignore
  const file = join(directory, 'map.csv');
  for (const [message, content] of wrong) {
    writeFileSync(file, content);
    await assert.rejects(readLabelMap(file), (error: InputError) => {
      assert.match(error.message, message);
      assert.equal(error.code, 'LABEL_MAP_INVALID');
      return true;
    });
  }
});
