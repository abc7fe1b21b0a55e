import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf, dateColumn, DateTally, nextBucket, parseDay, unitOf } from '../../src/report/dates.ts';

test('dates in the forms that exports use', () => {
  const forms: [string, string | undefined][] = [
    ['2026-01-31', '2026-01-31'],
    ['2026-01-31T23:59:59+09:00', '2026-01-31'],
    ['2026/1/5 10:00', '2026-01-05'],
    ['20260131', '2026-01-31'],
    ['31.01.2026', '2026-01-31'],
    ['1769817600', '2026-01-31'],
    ['1769817600000', '2026-01-31'],
    ['2026-02-30', undefined],
    ['yesterday', undefined],
    ['', undefined],
    ['12345', undefined],
    ['0001-01-01', undefined],
  ];
  for (const [text, day] of forms) assert.equal(parseDay(text), day, text);
});

test('dates in words and in other scripts', () => {
  const forms: [string, string | undefined][] = [
    ['31 January 2026', '2026-01-31'],
    ['Jan 31, 2026 10:00 AM', '2026-01-31'],
    ['Sat, 31 Jan 2026 08:00:00 GMT', '2026-01-31'],
    ['31. März 2026', '2026-03-31'],
    ['3 de enero de 2026', '2026-01-03'],
    ['2026年1月31日', '2026-01-31'],
    ['2026년 1월 31일', '2026-01-31'],
    ['31.1.26', '2026-01-31'],
    ['31 Foo 2026', undefined],
  ];
  for (const [text, day] of forms) assert.equal(parseDay(text), day, text);
});

test('slashed dates are read the way that fits more of them, or the way that is asked for', () => {
  const read = (
    values: string[],
    told?: 'dmy' | 'mdy',
  ): [days: string[], order: unknown, ambiguous: boolean, undated: number] => {
    const tally = new DateTally(() => ({ count: 0 }));
    for (const value of values) tally.add(value, (group) => group.count++);
    const { days, order, isAmbiguous, undated } = tally.result(told);
    return [days.map(([day]) => day), order, isAmbiguous, undated];
  };
  assert.deepEqual(read(['03/04/2026', '25/04/2026']), [['2026-04-03', '2026-04-25'], 'dmy', false, 0]);
  assert.deepEqual(read(['03-04-26', '04-25-26']), [['2026-03-04', '2026-04-25'], 'mdy', false, 0]);
  assert.deepEqual(read(['03/04/2026']), [['2026-03-04'], 'mdy', true, 0]);
  assert.deepEqual(read(['03/04/2026'], 'dmy'), [['2026-04-03'], 'dmy', false, 0]);
  assert.deepEqual(read(['03/25/2026'], 'dmy'), [[], 'dmy', false, 1]);
  assert.deepEqual(read(['?', '2026-01-01']), [['2026-01-01'], undefined, false, 1]);
});

test('buckets have a readable size, and none is left out', () => {
  assert.equal(unitOf('2026-01-01', '2026-01-21'), 'day');
  assert.equal(unitOf('2026-01-01', '2026-06-30'), 'week');
  assert.equal(unitOf('2024-01-01', '2026-06-30'), 'month');
  assert.equal(unitOf('2010-01-01', '2026-06-30'), 'year');
  assert.equal(bucketOf('2026-11-22', 'week'), '2026-11-16');
  assert.equal(nextBucket('2026-12', 'month'), '2027-01');
  assert.equal(nextBucket('2026-12-28', 'week'), '2027-01-04');
});

test('a column of dates is known by what it holds, and one that is named so goes first', () => {
  const found = (columns: Record<string, string[]>): unknown =>
    dateColumn(Object.keys(columns), (column) => columns[column] ?? []);
  assert.deepEqual(found({ opened: ['2026-01-01'], 'Date submitted': ['03/04/2026', ''] }), {
    column: 'Date submitted',
    others: ['opened'],
  });
  assert.deepEqual(found({ wann: ['1.2.2026', '3.2.2026'] }), { column: 'wann', others: [] });
  assert.deepEqual(found({ 日付: ['2026年1月31日'] }), { column: '日付', others: [] });
  assert.deepEqual(found({ createdAt: ['1769817600'] }), { column: 'createdAt', others: [] });
  // A number of ten digits is a date only by name, and a name alone makes none.
  assert.equal(found({ id: ['1769817600', '20260131'], date: ['soon', 'later'] }), undefined);
});
