import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordFormat } from '../../src/records/row.ts';
import type { WriterOptions } from '../../src/records/format-writer.ts';
import { outputFormat } from '../../src/records/writer.ts';
import {
  cells,
  createRandom,
  emotion,
  file,
  outputOf,
  predictions,
  randomCell,
  readAll,
  sentiment,
} from './support.ts';

interface Case extends Partial<WriterOptions> {
  name?: string;
  scored?: number[][];
  flags?: number[];
}

const negative = [0.93004, 0.05, 0.02];
const both = [0.1, 0.81, 0.5];

/** The output for some input, scored as `sentiment` and `emotion` unless told otherwise. */
async function write(content: string | Buffer, to: RecordFormat, given: Case = {}): Promise<string> {
  const { name = to === 'jsonl' ? 'a.jsonl' : 'a.csv', scored, flags = [], ...options } = given;
  const textColumns = options.textColumns ?? ['text'];
  const read = await readAll({ inputs: [file(name, content)] }, textColumns);
  const tasks = options.tasks ?? [sentiment, emotion];
  const one = tasks.flatMap((task) => (task.name === 'emotion' ? both : negative));
  const each = read.rows.flatMap(() => textColumns.map(() => one));
  return outputOf(
    read,
    { to, scores: 'top', ...options, tasks, textColumns },
    predictions(scored ?? each, flags),
  );
}

test('CSV gets columns per task', async (t) => {
  const content = 'id,text\n1,"a, b"\n';
  for (const [title, options, expected] of [
    [
      'top scores',
      {},
      'sentiment,sentiment_score,emotion,emotion_score\n1,"a, b",negative,0.93,joy;trust,0.81;0.5\n',
    ],
    ['no scores', { scores: 'none' }, 'sentiment,emotion\n1,"a, b",negative,joy;trust\n'],
    [
      'all scores',
      { scores: 'all', tasks: [sentiment], scored: [negative] },
      'sentiment,sentiment_score,sentiment_score_negative,sentiment_score_neutral,sentiment_score_positive\n' +
        '1,"a, b",negative,0.93,0.93,0.05,0.02\n',
    ],
    ['prefix', { prefix: 'v_', scores: 'none' }, 'v_sentiment,v_emotion\n1,"a, b",negative,joy;trust\n'],
    [
      'truncated',
      { flagTruncated: true, scores: 'none', flags: [2] },
      'sentiment,emotion,truncated\n1,"a, b",negative,joy;trust,true\n',
    ],
    [
      'empty',
      { flagTruncated: true, flags: [1] },
      'sentiment,sentiment_score,emotion,emotion_score,truncated\n1,"a, b",,,,,\n',
    ],
    ['no label', { tasks: [emotion], scored: [[0, 0, 0]] }, 'emotion,emotion_score\n1,"a, b",,\n'],
  ] as const) {
    await t.test(title, async () => {
      assert.equal(await write(content, 'csv', options as unknown as Case), `id,text,${expected}`);
    });
  }
  assert.equal(
    await write('a,b\nx,y\n', 'csv', {
      textColumns: ['b', 'a'],
      tasks: [sentiment],
      prefix: 'p.',
      scored: [negative, [0, 1, 0]],
    }),
    'a,b,p.b.sentiment,p.b.sentiment_score,p.a.sentiment,p.a.sentiment_score\nx,y,negative,0.93,neutral,1\n',
  );
});

test('delimiter, line end and byte order mark are those of the input', async () => {
  const options: Case = { tasks: [sentiment], scores: 'none' };
  assert.equal(
    await write('\ufeffid;text\r\n1;a,b\r\n', 'csv', options),
    '\ufeffid;text;sentiment\r\n1;a,b;negative\r\n',
  );
  assert.equal(await write('id|text\r1|a', 'csv', options), 'id|text|sentiment\r1|a|negative\r');
  assert.equal(await write('id;text\n1;a\n', 'tsv', options), 'id\ttext\tsentiment\n1\ta\tnegative\n');
  assert.equal(
    await write('id\ttext\n1\ta\n', 'csv', { ...options, name: 'a.tsv' }),
    'id,text,sentiment\n1,a,negative\n',
  );
  assert.equal(
    await write(Buffer.from('\ufeffid,text\n1,é\n', 'utf16le'), 'csv', options),
    '\ufeffid,text,sentiment\n1,é,negative\n',
  );
});

test('generated tables keep their values through CSV and TSV', async () => {
  const random = createRandom(2);
  const header = ['id', 'text', 'double', 'double', ' x"y\n'];
  for (let round = 0; round < 60; round++) {
    const table = Array.from({ length: 1 + random(5) }, () => header.map(() => randomCell(random)));
    const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
    const lineEnd = random(2) === 0 ? '\n' : '\r\n';
    const content = [header, ...table]
      .map((cellsOfRow) => cellsOfRow.map(quote).join(',') + lineEnd)
      .join('');
    const to = random(2) === 0 ? 'csv' : 'tsv';
    const output = await write(content, to, {
      name: 'a.csv',
      tasks: [sentiment],
      scores: 'none',
      scored: table.map(() => negative),
    });
    const again = await readAll({ inputs: [file(`again.${to}`, output)] });
    assert.deepEqual(again.head.columns, [...header, 'sentiment']);
    assert.deepEqual(cells(again), table.map((row) => row.concat('negative'))); // prettier-ignore
  }
});

test('a name that is taken is an error', async () => {
  const clash = { code: 'COLUMN_CLASH', exitCode: 2, hint: /--prefix/u };
  await assert.rejects(write('text,sentiment,emotion_score\na,b,c\n', 'csv'), {
    ...clash,
    message: /`sentiment`, `emotion_score`/u,
  });
  const truncated = { ...sentiment, name: 'truncated' };
  await assert.rejects(write('text\na\n', 'csv', { tasks: [truncated], flagTruncated: true }), clash);
  await assert.rejects(write('{"text":"a"}', 'jsonl', { tasks: [truncated], flagTruncated: true }), {
    code: 'COLUMN_CLASH',
  });
  await assert.rejects(write('text,predictions\na,b\n', 'jsonl', { name: 'a.csv' }), clash);
  for (const key of ['"predictions"', '"predict\\u0069ons"']) {
    const content = `{"text":"a"}\n{"text":"a",${key}:1}`;
    await assert.rejects(write(content, 'jsonl'), { ...clash, message: /a\.jsonl:2: /u });
    assert.ok((await write(content, 'jsonl', { prefix: 'v_' })).includes('"v_predictions":{"sentiment"'));
  }
  assert.ok(await write('{"text":"predictions","a":{"predictions":1}}', 'jsonl'));
});

test('JSONL gets one key, and everything else stays', async (t) => {
  for (const [title, line, options, expected] of [
    [
      'top scores',
      '{ "n":1.0,"text" : "\\u00e9}" }  ',
      {},
      '{ "n":1.0,"text" : "\\u00e9}" ,"predictions":{"sentiment":{"label":"negative","score":0.93},' +
        '"emotion":{"labels":["joy","trust"],"scores":{"joy":0.81,"trust":0.5}}}}  ',
    ],
    [
      'no scores, truncated',
      '{"text":"{"}',
      { scores: 'none', flagTruncated: true, flags: [2] },
      '{"text":"{","predictions":{"sentiment":{"label":"negative"},"emotion":{"labels":["joy","trust"]},"truncated":true}}',
    ],
    [
      'all scores',
      '{"text":"a"}',
      { scores: 'all' },
      '{"text":"a","predictions":{' +
        '"sentiment":{"label":"negative","score":0.93,"scores":{"negative":0.93,"neutral":0.05,"positive":0.02}},' +
        '"emotion":{"labels":["joy","trust"],"scores":{"anger":0.1,"joy":0.81,"trust":0.5}}}}',
    ],
    [
      'empty text',
      '{"text":""}',
      { flags: [1], flagTruncated: true },
      '{"text":"","predictions":{"sentiment":{"label":null,"score":null},"emotion":{"labels":[],"scores":{}},"truncated":false}}',
    ],
    ['empty object', '{ }', { textColumns: [], tasks: [sentiment] }, '{ "predictions":{}}'],
    [
      'two texts',
      '{"a":{"b":"x"},"c":"y"}',
      { textColumns: ['a.b', 'c'], tasks: [sentiment], scores: 'none', scored: [negative, [0, 0, 1]] },
      '{"a":{"b":"x"},"c":"y","predictions":{"a.b":{"sentiment":{"label":"negative"}},"c":{"sentiment":{"label":"positive"}}}}',
    ],
  ] as const) {
    await t.test(title, async () => {
      assert.equal(await write(`${line}\r\n`, 'jsonl', options as unknown as Case), `${expected}\r\n`);
    });
  }
  const stars = { ...sentiment, labels: ['2', '1', '__proto__'] };
  const output = await write('{"text":"a"}', 'jsonl', { tasks: [stars], scores: 'all', scored: [negative] });
  assert.match(output, /"scores":\{"2":0\.93,"1":0\.05,"__proto__":0\.02\}/u);
});

test('CSV to JSONL', async () => {
  const options: Case = { name: 'a.csv', tasks: [sentiment], scores: 'none' };
  assert.equal(
    await write('text,2,1,__proto__\r\n"a""\n",007,,x\r\n', 'jsonl', options),
    '{"text":"a\\"\\n","2":"007","1":"","__proto__":"x","predictions":{"sentiment":{"label":"negative"}}}\r\n',
  );
  await assert.rejects(write('text,a,a\nx,1,2\n', 'jsonl', options), {
    code: 'DUPLICATE_COLUMN',
    exitCode: 2,
  });
});

test('JSONL to CSV', async (t) => {
  const options: Case = { name: 'a.jsonl', tasks: [sentiment], scores: 'none' };
  assert.equal(
    await write(
      '{"text":"a,\\u00e9","2":1.50,"1":12345678901234567890,"o":{"x": [1]},"n":null,"t":true}\n{"t":"","text":"b"}',
      'csv',
      options,
    ),
    'text,2,1,o,n,t,sentiment\n"a,é",1.50,12345678901234567890,"{""x"": [1]}",,true,negative\nb,,,,,,negative\n',
  );
  for (const [name, line, code] of [
    ['a key without column', '{"text":"b","new":1}', 'UNEXPECTED_KEY'],
    ['a key twice', '{"text":"b","text":"c"}', 'DUPLICATE_KEY'],
    ['half a character', '{"text":"\\ud800"}', 'LONE_SURROGATE'],
  ] as const) {
    await t.test(name, async () => {
      await assert.rejects(write(`{"text":"a"}\n${line}`, 'csv', options), {
        code,
        message: /a\.jsonl:2: /u,
        hint: /--to jsonl/u,
      });
    });
  }
});

test('no rows are a header alone', async () => {
  assert.equal(await write('text\n', 'csv', { tasks: [sentiment], scores: 'none' }), 'text,sentiment\n');
  assert.equal(await write('', 'jsonl'), '');
});

test('scores have at most four decimals', async () => {
  for (const [score, written] of [
    [0.99996, '1'],
    [0.00004, '0'],
    [0.12345, '0.1235'],
    [1e-7, '0'],
  ] as const) {
    const task = { ...emotion, labels: ['x'] };
    const output = await write('text\na\n', 'csv', { tasks: [task], scores: 'all', scored: [[score]] });
    assert.equal(output.trimEnd().split(',').at(-1), written);
  }
});

test('the format to write is by option, extension, input', () => {
  assert.equal(outputFormat('a.csv', { format: 'jsonl' }), 'csv');
  assert.equal(outputFormat('a.JSONL.gz', { format: 'csv' }), 'jsonl');
  assert.equal(outputFormat('a.jsonl', { format: 'csv' }, 'tsv'), 'tsv');
  for (const path of ['out', 'a.txt', '-', undefined])
    assert.equal(outputFormat(path, { format: 'tsv' }), 'tsv');
});
