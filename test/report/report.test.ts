import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { formatReport, type ReportDocument, report, type ReportOptions } from '../../src/index.ts';

/** A scored file that nobody wrote to a disk. */
function scored(rows: string[], options: Partial<ReportOptions> = {}): Promise<ReportDocument> {
  const header =
    'comment,date,store,sentiment,sentiment_score,topic,topic_score,actionability,actionability_score';
  const csv = `${[header, ...rows].join('\n')}\n`;
  return report({ input: '-', from: 'csv', stdin: Readable.from([Buffer.from(csv)]), ...options });
}

interface Said {
  text: string;
  date?: string;
  store?: string;
  sentiment?: string;
  topic?: string;
  action?: string;
}

function row({
  text,
  date = '',
  store = '',
  sentiment = 'negative',
  topic = '',
  action = 'none',
}: Said): string {
  return `${text},${date},${store},${sentiment},0.9,${topic},${topic && '0.9'},${action},0.9`;
}

function rowsOf(count: number, make: (row: number) => Said): string[] {
  return Array.from({ length: count }, (_, each) => row(make(each)));
}

const day = (at: number): string => `2026-01-${String(1 + at).padStart(2, '0')}`;

test('problems rank by how many there are, and how negative they are', async () => {
  const document = await scored([
    ...rowsOf(30, (at) => ({
      text: `many ${at}`,
      topic: 'food_drink',
      action: 'problem',
      sentiment: 'mixed',
    })),
    ...rowsOf(20, (at) => ({ text: `bad ${at}`, topic: 'cleanliness', action: 'problem' })),
    ...rowsOf(40, (at) => ({ text: `so ${at}`, topic: 'overall', action: 'problem' })),
    ...rowsOf(50, (at) => ({ text: `good ${at}`, topic: 'food_drink', sentiment: 'positive' })),
    ...rowsOf(10, (at) => ({ text: `bland ${at}`, topic: 'food_drink' })),
  ]);
  // The share of negative comments is that of all on the topic, as where topics are shown by sentiment.
  assert.deepEqual(
    document.fix.map(({ name, texts, of, share, negative }) => [name, texts, of, share, negative.share]),
    [
      ['Cleanliness', 20, 20, 0.133333, 1],
      ['Food and drink', 30, 90, 0.2, 0.111111],
    ],
  );
  // What names nothing that could be fixed is a topic, but no problem to fix.
  assert.ok(document.topics.labels.some(({ label }) => label === 'overall'));
  assert.deepEqual(
    document.loves.map(({ name, texts }) => [name, texts]),
    [['Food and drink', 50]],
  );
  assert.match(
    document.summary.join(' '),
    /Most to fix: cleanliness \(20 comments\), then food and drink \(30\)/,
  );
});

test('a change over time is told only when it is beyond chance', async () => {
  const rising = await scored(
    rowsOf(90, (at) => ({
      text: `t ${at}`,
      date: day(Math.floor(at / 10)),
      sentiment: at % 10 < Math.floor(at / 10) ? 'negative' : 'positive',
    })),
  );
  assert.match(
    rising.summary.join(' '),
    /share of negative comments rose from 10% \(2026-01-01 to 2026-01-03\) to 70%/,
  );
  const level = await scored(
    rowsOf(90, (at) => ({
      text: `t ${at}`,
      date: day(Math.floor(at / 10)),
      sentiment: at % 3 === 0 ? 'negative' : 'positive',
    })),
  );
  assert.match(level.summary.join(' '), /No change over time beyond chance/);
  assert.equal(level.time?.trend?.clear, false);
});

test('periods without comments are shown as such', async () => {
  const document = await scored([
    row({ text: 'a', date: '2026-01-01' }),
    row({ text: 'b', date: '2026-01-04', sentiment: 'positive' }),
  ]);
  assert.deepEqual(
    document.time?.buckets.map(({ start, texts, focus }) => [start, texts, focus.texts]),
    [
      ['2026-01-01', 1, 1],
      ['2026-01-02', 0, 0],
      ['2026-01-03', 0, 0],
      ['2026-01-04', 1, 0],
    ],
  );
});

test('a group is told when it is far above the others; not one without a value, nor a small one', async () => {
  const document = await scored(
    [
      ...rowsOf(40, (at) => ({ text: `n ${at}`, store: 'North', topic: 'location', action: 'problem' })),
      ...rowsOf(100, (at) => ({
        text: `s ${at}`,
        store: 'South',
        sentiment: at % 5 === 0 ? 'negative' : 'positive',
      })),
      ...rowsOf(60, (at) => ({ text: `none ${at}`, sentiment: 'negative' })),
      ...rowsOf(5, (at) => ({ text: `few ${at}`, store: 'Few' })),
      ...rowsOf(100, (at) => ({ text: `w ${at}`, store: 'West', sentiment: 'positive', topic: 'location' })),
    ],
    { by: ['store'] },
  );
  const [stores] = document.groups;
  assert.deepEqual(
    stores?.values.map(({ value, small, differs }) => [value, small, differs]),
    [
      ['North', false, 'above'],
      ['South', false, 'below'],
      ['West', false, 'below'],
      ['Few', true, undefined],
      ['(none)', false, undefined],
    ],
  );
  const { above } = document.fix[0] as ReportDocument['fix'][number];
  // Stores tell the sentiment so closely here that they explain nothing.
  assert.equal(stores?.related, true);
  assert.deepEqual(above, []);
  assert.doesNotMatch(document.summary.join(' '), /store/);
});

test('stars stand in their order and explain nothing; other groups are named beside problems', async () => {
  const document = await scored(
    [
      ...rowsOf(60, (at) => ({
        text: `a ${at}`,
        store: 'North',
        topic: 'location',
        action: at % 2 === 0 ? 'problem' : 'none',
        sentiment: at % 2 === 0 ? 'negative' : 'positive',
      })),
      ...rowsOf(140, (at) => ({
        text: `b ${at}`,
        store: 'South',
        sentiment: at % 3 === 0 ? 'negative' : 'positive',
      })),
    ],
    { by: ['store'] },
  );
  assert.deepEqual(
    document.fix[0]?.above.map(({ by, value, here, elsewhere }) => [by, value, here.share, elsewhere.share]),
    [['store', 'North', 0.5, 0]],
  );
  const stars = await scored(
    rowsOf(110, (at) => ({
      text: `c ${at}`,
      store: String(at % 11),
      sentiment: at % 11 < 7 ? 'negative' : 'positive',
    })),
    { by: ['store'], minGroup: 5 },
  );
  assert.deepEqual(
    stars.groups[0]?.values.map(({ value }) => Number(value)),
    [...Array(11).keys()],
  );
  assert.deepEqual([stars.groups[0]?.order, stars.groups[0]?.related], ['value', true]);
  assert.doesNotMatch(stars.summary.join(' '), /store/);
});

test('what says nothing is counted apart, and is in no share', async () => {
  const document = await scored([
    'x,,,,,,,no_feedback,0.9',
    row({ text: 'bad', sentiment: 'negative' }),
    row({ text: 'good', sentiment: 'positive' }),
  ]);
  assert.deepEqual([document.texts, document.no_feedback, document.feedback], [3, 1, 2]);
  assert.equal(document.sentiment[0]?.share, 0.5);
  assert.match(document.summary.join(' '), /2 have something to say, 1 does not/);
});

test('comments shown are the same for the same seed, and none stands twice', async () => {
  const rows = rowsOf(300, (at) => ({
    text: `text ${at % 150} ${at % 2 === 0 ? 'slow' : 'cold'}`,
    topic: 'food_drink',
    action: at % 3 === 0 ? 'suggestion' : 'problem',
  }));
  const [one, other] = [await scored(rows), await scored(rows)];
  assert.deepEqual(one, other);
  const shown = one.fix[0]?.quotes.map(({ text }) => text) ?? [];
  assert.equal(new Set(shown).size, shown.length);
  assert.ok(shown.length > 0);
  const { suggestions } = one;
  assert.equal(suggestions.texts, 100);
  assert.equal(
    suggestions.groups.reduce((sum, { texts }) => sum + texts, 0),
    suggestions.grouped,
  );
  assert.equal(suggestions.grouped, 50);
});

test('customers and employees stand apart where both are there', async () => {
  const rows = [
    ...rowsOf(25, (at) => ({ text: `e ${at}`, topic: 'pay_benefits', action: 'problem' })),
    ...rowsOf(30, (at) => ({ text: `c ${at}`, topic: 'food_drink', sentiment: 'positive' })),
  ];
  const { audiences } = await scored(rows);
  assert.deepEqual(
    audiences.map(({ audience, texts, by_role: roles, problems }) => [
      audience,
      texts,
      roles.negative?.share,
      problems.map(({ topic }) => topic),
    ]),
    [
      ['customers', 30, 0, []],
      ['employees', 25, 1, ['pay_benefits']],
    ],
  );
  assert.deepEqual((await scored(rows, { minGroup: 26 })).audiences, []);
});

test('a file without rows, or without labels in any, still gives a page', async () => {
  for (const rows of [[], [' ,,,,,,,,']]) {
    const document = await scored(rows);
    assert.equal(document.texts, 0);
    assert.match(await formatReport(document, 'html'), /No comment has labels/);
    assert.match(await formatReport(document, 'md'), /No comment has labels/);
  }
  const unlabelled = await scored(['only text,,,,,,,,']);
  assert.deepEqual([unlabelled.texts, unlabelled.tasks[0]?.no_label], [1, 1]);
  assert.match(await formatReport(unlabelled, 'html'), /<html/);
  assert.match(await formatReport(unlabelled, 'md'), /^# /);
});

test('labels that are not those of the default bundle are reported by the roles that they are given', async () => {
  const csv = 'text,mood,mood_score,theme,theme_score\na,fine,0.5,x;y,0.5;0.6\nb,bad,0.9,x,0.7\n';
  const options = (): ReportOptions => ({
    input: '-',
    from: 'csv',
    stdin: Readable.from([Buffer.from(csv)]),
  });
  const plain = await report(options());
  assert.deepEqual(
    plain.tasks.map(({ task }) => task),
    ['mood', 'theme'],
  );
  assert.deepEqual(plain.fix, []);
  assert.match(
    plain.notices.join(),
    /which labels are negative, positive, problem, suggestion, question.*--role/,
  );
  const told = await report({ ...options(), role: ['negative=mood=bad', 'positive=mood=fine'] });
  assert.deepEqual(told.focus, { task: 'mood', labels: ['bad'], name: 'Bad' });
  assert.deepEqual(
    told.fix.map(({ topic, texts, of }) => [topic, texts, of]),
    [['x', 1, 2]],
  );
  const page = await formatReport(told, 'html');
  assert.match(page, /50% \(9 to 91%\) is negative and 50% \(9 to 91%\) is positive/);
});

test('a focus names labels of the task, those that occur where nothing else tells them', async () => {
  const csv = 'comment,mood,mood_score\ngood,glad,0.9\n';
  const options = { input: '-', from: 'csv' as const, stdin: Readable.from([Buffer.from(csv)]) };
  await assert.rejects(report({ ...options, focus: 'mood=gald' }), {
    code: 'FOCUS_UNKNOWN',
    message: /\(glad\), got gald/,
  });
  const spaced = csv.replace('glad', 'so so');
  const asked = { ...options, stdin: Readable.from([Buffer.from(spaced)]), focus: 'mood=so sso' };
  await assert.rejects(report(asked), { hint: "Did you mean `--focus 'mood=so so'`?" });
});
