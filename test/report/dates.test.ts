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
    ['31-1-2026 08:15', '2026-01-31'],
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

test('slashed dates are read the way that fits more of them', () => {
  const read = (values: string[]): { days: string[]; isAmbiguous: boolean; undated: number } => {
    const tally = new DateTally(() => ({ count: 0 }));
    for (const value of values) tally.add(value, (labels) => labels.count++);
    const { days, isAmbiguous, undated } = tally.result();
    return { days: days.map(([day]) => day), isAmbiguous, undated };
  };
  assert.deepEqual(read(['03/04/2026', '25/04/2026']), {
    days: ['2026-04-03', '2026-04-25'],
    isAmbiguous: false,
    undated: 0,
  });
  assert.deepEqual(read(['03/04/2026', '04/25/2026']).days, ['2026-03-04', '2026-04-25']);
  assert.deepEqual(read(['03/04/2026']), { days: ['2026-03-04'], isAmbiguous: true, undated: 0 });
  assert.deepEqual(read(['?', '2026-01-01']), { days: ['2026-01-01'], isAmbiguous: false, undated: 1 });
});

test('buckets have a readable size, and none is left out', () => {
  assert.equal(unitOf('2026-01-01', '2026-01-31'), 'day');
  assert.equal(unitOf('2026-01-01', '2026-06-30'), 'week');
  assert.equal(unitOf('2024-01-01', '2026-06-30'), 'month');
  assert.equal(unitOf('2010-01-01', '2026-06-30'), 'year');
  assert.equal(bucketOf('2026-11-22', 'week'), '2026-11-16');
  assert.equal(nextBucket('2026-12', 'month'), '2027-01');
  assert.equal(nextBucket('2026-12-28', 'week'), '2027-01-04');
});

test('a column of dates is known by its name', () => {
  assert.equal(dateColumn(['id', 'Created-At']), 'Created-At');
  assert.equal(dateColumn(['id', '日付']), '日付');
  assert.equal(dateColumn(['id', 'update']), undefined);
});
