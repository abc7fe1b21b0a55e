import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InputError } from '../../src/errors.ts';
import { readLabelledTexts } from '../../src/teach/labelled-texts.ts';
import { resolveTeachOptions } from '../../src/teach/options.ts';
import { scratchDirectory } from '../support/scratch.ts';

test('what is noticed about how labelled files are read is told', async (t) => {
  const directory = scratchDirectory(t);
  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  // Quotes that are text take rows for one cell.
  const merged = file('in.tsv', 'comment\tteam\n"Slow\tfood\n"Cold"\tfood\nFull\tparking\n');
  const repeated = file('more.csv', 'comment,team\nFull,parking\ncomment,team\nDirty,rooms\n');
  const options = resolveTeachOptions({
    inputs: [merged],
    with: [repeated],
    task: { team: 'team' },
    quote: 'none',
    output: join(directory, 'out'),
  });
  const read = await readLabelledTexts(options);
  assert.equal(read.rows, 5);
  assert.match(read.notices.join('\n'), /A row repeats the header \(line 3\)/u);
});

test('a further file whose texts are not found is to name them as the first one does', async (t) => {
  const directory = scratchDirectory(t);
  const [first, further] = [join(directory, 'first.csv'), join(directory, 'further.csv')];
  writeFileSync(first, 'answer,team\nFull,parking\n');
  writeFileSync(further, 'Q7,team\nThe lift was slow,rooms\n');
  const options = {
    inputs: [first],
    with: [further],
    task: { team: 'team' },
    output: join(directory, 'out'),
  };
  await assert.rejects(readLabelledTexts(resolveTeachOptions(options)), (error: InputError) => {
    assert.match(error.message, /further\.csv: /u);
    assert.equal(error.hint, 'Call the column of the texts `answer`, as in the first file.');
    return true;
  });
  writeFileSync(further, 'answer,team\nThe lift was slow,rooms\n');
  assert.equal((await readLabelledTexts(resolveTeachOptions(options))).texts.length, 2);
});

test('marks for a missing value are no labels, unless a codeframe has them', async (t) => {
  const directory = scratchDirectory(t);
  const input = join(directory, 'in.csv');
  writeFileSync(input, 'comment,team\nFull,N/A\nFull,parking\nDirty,"rooms;#N/A"\nSlow,NULL\nCold,none\n');
  const options = resolveTeachOptions({
    inputs: [input],
    task: { team: 'team' },
    output: join(directory, 'out'),
  });
  const read = await readLabelledTexts(options);
  assert.deepEqual(
    read.texts.map(({ text, cells }) => [text, cells[0]]),
    [
      ['Full', ['parking']],
      ['Dirty', ['rooms']],
      ['Slow', undefined],
      ['Cold', ['none']],
    ],
  );
  assert.deepEqual(read.conflicts, []);
  assert.deepEqual(read.notices, [
    '`team`: 3 cells with `N/A`, `#N/A`, `NULL` count as empty, not as a label',
  ]);
  const known = await readLabelledTexts(options, ['N/A']);
  assert.deepEqual(known.texts[0]?.cells[0], ['N/A']);
});
