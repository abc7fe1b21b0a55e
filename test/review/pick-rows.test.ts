import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/random.ts';
import { type Candidate, RowPicker } from '../../src/review/pick-rows.ts';

function candidate(text: string, label: string, doubt: number): Candidate {
  return { line: 2, text, labels: label === '' ? [] : [label], scores: [1 - doubt], doubt };
}

function picked(rows: number, candidates: Candidate[]): string[] {
  const picker = new RowPicker(rows, seededRandom(1));
  for (const each of candidates) picker.add(each);
  return picker.pick().map(({ text }) => text);
}

test('labels take turns, the least sure first', () => {
  const rows = [
    candidate('alpha', 'many', 0.1),
    candidate('bravo', 'many', 0.9),
    candidate('charlie', 'many', 0.5),
    candidate('delta', 'few', 0.2),
    candidate('echo', '', 0.5),
  ];
  assert.deepEqual(picked(4, rows), ['echo', 'delta', 'bravo', 'charlie']);
});

test('texts that are much alike are shown once', () => {
  const rows = ['The app crashes on start', 'the app crashes on start!', 'Parking is full'];
  assert.deepEqual(
    picked(
      3,
      rows.map((text, at) => candidate(text, 'a', 0.9 - at / 10)),
    ),
    [rows[0], rows[2]],
  );
});

test('one row in five is drawn from all, so that sure ones come up, too', () => {
  const words = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
  const rows = words.map((word, at) => candidate(word.repeat(3), 'a', at < 6 ? 0.9 : 0));
  const sure = new Set(rows.slice(6).map(({ text }) => text));
  assert.deepEqual(
    picked(4, rows).filter((text) => sure.has(text)),
    [],
  );
  const all = Array.from({ length: 20 }, (_, seed) => {
    const picker = new RowPicker(5, seededRandom(seed));
    for (const row of rows) picker.add(row);
    return picker.pick().at(-1)?.text as string;
  });
  assert.ok(all.some((text) => sure.has(text)));
});
