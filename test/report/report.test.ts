import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { findings } from '../../src/report/findings.ts';
import { wilsonLow } from '../../src/report/report-tally.ts';
import { formatReport, type ReportDocument, report } from '../../src/index.ts';

/** A scored file that nobody wrote to a disk. */
function scored(rows: string[]): Promise<ReportDocument> {
  const header = 'comment,date,sentiment,sentiment_score,topic,topic_score';
  const csv = `${[header, ...rows].join('\n')}\n`;
  return report({ input: '-', from: 'csv', stdin: Readable.from([Buffer.from(csv)]) });
}

test('a focus on a label that does not occur names those that do', async () => {
  const csv = 'comment,sentiment,sentiment_score\ngood,positive,0.9\n';
  const options = { input: '-', from: 'csv' as const, stdin: Readable.from([Buffer.from(csv)]) };
  await assert.rejects(report({ ...options, focus: 'sentiment=negativ' }), {
    code: 'FOCUS_UNKNOWN',
    message: /\(positive\), got negativ/,
  });
});

function rowsOf(count: number, make: (row: number) => string): string[] {
  return Array.from({ length: count }, (_, row) => make(row));
}

test('the lower end of a share is that of Wilson at 1.96', () => {
  assert.equal(wilsonLow(8, 10), 0.49015684672072346);
  assert.equal(wilsonLow(1, 1), 0.20654329147389294);
  assert.deepEqual([wilsonLow(0, 10), wilsonLow(0, 0)], [0, 0]);
});

test('a few bad comments do not outrank many', async () => {
  const document = await scored([
    ...rowsOf(2, (row) => `few ${row},,negative,0.9,rare,0.9`),
    ...rowsOf(40, (row) => `many ${row},,${row < 32 ? 'negative' : 'positive'},0.9,common,0.9`),
  ]);
  assert.deepEqual(
    document.hotspots?.labels.map(({ label, share }) => [label, share]),
    [
      ['common', 0.8],
      ['rare', 1],
    ],
  );
  assert.deepEqual(findings(document).points[0], 'Most often negative: common, 80% of 40 comments.');
});

test('a change over time is told only when it is beyond chance', async () => {
  const day = (row: number): string => `2026-01-${String(1 + Math.floor(row / 10)).padStart(2, '0')}`;
  const rising = await scored(
    rowsOf(
      90,
      (row) => `t ${row},${day(row)},${row % 10 < Math.floor(row / 10) ? 'negative' : 'positive'},0.9,,`,
    ),
  );
  assert.match(
    findings(rising).points.join(' '),
    /negative comments rose from 10% \(2026-01-01 to 2026-01-03\) to 70%/,
  );
  const level = await scored(
    rowsOf(90, (row) => `t ${row},${day(row)},${row % 3 === 0 ? 'negative' : 'positive'},0.9,,`),
  );
  assert.match(findings(level).points.join(' '), /No clear change over time/);
});

test('samples and the least sure are the same for the same seed, and no text stands twice', async () => {
  const rows = rowsOf(300, (row) => `text ${row % 150},,negative,0.${100 + (row % 150)},a,0.9`);
  const [one, other] = [await scored(rows), await scored(rows)];
  assert.deepEqual(one, other);
  const uncertain = one.uncertain[0]?.samples.map(({ text }) => text) ?? [];
  assert.deepEqual(
    uncertain,
    rowsOf(12, (row) => `text ${row}`),
  );
  assert.equal(one.samples[0]?.samples.length, 3);
  assert.equal(one.samples[0]?.texts, 300);
});

test('a file without rows, or without labels in any, still gives a page', async () => {
  for (const rows of [[], [' ,,,,,']]) {
    const document = await scored(rows);
    assert.equal(document.texts, 0);
    assert.match(await formatReport(document, 'html'), /No comment has labels/);
    assert.match(await formatReport(document, 'md'), /No comment has labels/);
  }
  const unlabelled = await scored(['only text,,,,,']);
  assert.deepEqual([unlabelled.texts, unlabelled.tasks[0]?.no_label], [1, 1]);
  assert.match(await formatReport(unlabelled, 'html'), /<html/);
  assert.match(await formatReport(unlabelled, 'md'), /^# /);
});

test('labels that are not those of the default bundle are reported all the same', async () => {
  const csv = 'text,mood,mood_score,theme,theme_score\na,fine,0.5,x;y,0.5;0.6\nb,bad,0.9,x,0.7\n';
  const document = await report({ input: '-', from: 'csv', stdin: Readable.from([Buffer.from(csv)]) });
  assert.deepEqual(
    document.tasks.map(({ task }) => task),
    ['mood', 'theme'],
  );
  assert.deepEqual(document.focus, { task: 'mood', label: 'bad' });
  assert.match(document.notices.join(), /sentiment=negative.*mood=bad.*--focus/);
  assert.deepEqual(
    document.hotspots?.labels.map(({ label, texts, focused }) => [label, texts, focused]),
    [
      ['x', 2, 1],
      ['y', 1, 0],
    ],
  );
  const page = await formatReport(document, 'html');
  assert.match(page, /50% of 2 comments are bad\./);
});
