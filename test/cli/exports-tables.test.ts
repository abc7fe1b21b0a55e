import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { exported, labelled, scoreFile } from '../support/exports.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Files that must not be scored as they are, with what the error has to name. */
const refused: Record<string, RegExp[]> = {
  'caret-delimited.csv': [/3 fields with `\^`/u, /`--delimiter '\^'`/u],
  'commas-named.tsv': [/delimited by `,`/u, /`--delimiter ,`/u],
  'whole-rows-quoted.csv': [/quoted as a whole, with `,`/u, /`python3 -c .* \| voxpop score -`/u],
  'metadata-line-semicolon.csv': [/starts? in line 2, with `id`, `comment`/u, /`--skip-rows 1`/u],
  'metadata-line-comma.csv': [/starts? in line 3, with `id`, `comment`/u, /`--skip-rows 2`/u],
  'trailing-delim-rows.csv': [/found 3 in all rows: 1 more/u, /`--skip-rows 1 --no-header --text column_2`/u],
  'trailing-delim-header.csv': [
    /found 2 in all rows: 1 fewer/u,
    /`--skip-rows 1 --no-header --text column_2`/u,
  ],
  'login-page.csv': [/a web page with the title "Sign in"/u, /export again/u],
  'lfs-pointer.csv': [/a Git LFS pointer/u, /`git lfs pull`/u],
  'api-error.csv': [/found JSON Lines: \{"error":"unauthorized"\}$/mu, /`--from jsonl`/u],
  'jsonl-named.csv': [/found JSON Lines/u, /`--from jsonl`/u],
  'jsonl-named-onecol.csv': [/found JSON Lines/u, /`--from jsonl`/u],
  'pdf.csv': [/a PDF document/u, /CSV or JSON Lines/u],
  'parquet.parquet': [/a whole Parquet file/u],
  'plain.csv.zst': [/compressed by zstd/u, /`zstd -dc \S+ \| voxpop score -`/u],
  'plain.csv.bz2': [/compressed by bzip2/u, /`bzip2 -dc \S+ \| voxpop score -`/u],
  'plain.zip': [/a ZIP archive/u, /`unzip -p \S+ plain\.csv \| voxpop score -`/u],
  'garbage.csv.gz': [/gzip/u],
  'tsv-quote-start.tsv': [/:2:2: /u, /`--quote none`/u],
  'tsv-unquoted-literal-quotes.tsv': [/:2:2: /u, /`--quote none`/u],
  'backslash-quotes.csv': [/:2:2: /u, /`--escape '\\'`/u],
  'space-after-comma.csv': [/:2:2: .*blanks/u],
  'footer-salesforce.csv': [/:6: /u, /--rejects/u],
  'mixed-utf8-cp1252.csv': [
    /:21: /u,
    /^ {2}The file is UTF-8, but for a few bytes: `--invalid-utf8 replace`/mu,
  ],
  'lines-nocomma.txt': [/found one: `The food was great`/u, /`--no-header`/u],
  'lines.txt': [/found one: `The food was great`/u, /`--no-header`/u],
  'guess-response-rating.csv': [
    /`Response` with values such as `9`, `2`/u,
    /--text 'Why do you say that\?'/u,
  ],
  'dup-names.csv': [/`Why\?#1`.*`Why\?#2`/u, /--text 'Why\?#1'` or `--text 'Why\?#2'/u],
  'empty-name.csv': [/found `id`, `2`, `rating`/u, /--text 2/u],
  'surveymonkey-two-headers.csv': [/--text 'What should we improve\?'/u],
  'trailing-commas.jsonl': [/`--from json`/u],
  'concatenated.jsonl': [/`--from json`/u],
  'pretty.jsonl': [/`--from json`/u],
  'nan.jsonl': [/NaN/u, /`jq -c \. < \S+ \| voxpop score -`/u],
  'play-api.jsonl': [/--text comments\.0\.userComment\.text/u],
  'wrapped.json': [/`jq -c '\.reviews\[\]' < \S+ \| voxpop score -`/u],
};

test('what is not sure is an error that shows the way', async (t) => {
  for (const [name, expected] of Object.entries(refused)) {
    await t.test(name, async () => {
      const { code, stdout, stderr } = await scoreFile(exported(name));
      assert.equal(code, exitCodes.usage, stderr);
      for (const pattern of expected) assert.match(stderr, pattern);
      // At most a header or rows that came before.
      assert.ok(stdout.split('\n').length <= 4, stdout);
    });
  }
});

/** Files that are read as they are, with their sentiments. */
const read: Record<string, string[]> = {
  'plain.csv': ['positive', 'negative'],
  'bom-quote-header.csv': ['positive'],
  'bom-sep.csv': ['positive'],
  'double-bom.csv': ['positive'],
  'cr-only.csv': ['positive', 'negative'],
  'cr-only-final-lf.csv': ['positive', 'negative'],
  'cr-only-final-lf-one-col.csv': ['positive', 'negative'],
  'crcrlf.csv': ['positive', 'negative'],
  'crcrlf-unquoted.csv': ['positive', 'negative'],
  'excel-formula-cells.csv': ['positive', 'positive'],
  'footer-total.csv': ['positive', 'negative', '', ''],
  'index-col.csv': ['positive', 'negative'],
  'multi-member.csv.gz': ['positive', 'negative', 'positive', 'negative'],
  'sniff-decimal-header.csv': ['positive', 'negative'],
  'sniff-tie.csv': ['positive', 'negative'],
  'trailing-delim-all.csv': ['positive', 'negative'],
  'trustpilot-names.csv': ['positive'],
  'utf16le-play.csv': ['negative', 'positive'],
};

test('what is clear is read', async (t) => {
  for (const [name, sentiments] of Object.entries(read)) {
    await t.test(name, async () => {
      assert.deepEqual((await labelled(exported(name))).sentiments, sentiments);
    });
  }
});

test('JSON arrays are rows under any name', async (t) => {
  for (const name of ['array.json', 'array.jsonl', 'array.txt', 'array-oneline.jsonl', 'bom-middle.jsonl']) {
    await t.test(name, async () => {
      const { code, stdout, stderr } = await scoreFile(exported(name));
      assert.equal(code, exitCodes.ok, stderr);
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { id: number; predictions: { sentiment: { label: string } } });
      assert.deepEqual(
        rows.map(({ id, predictions }) => [id, predictions.sentiment.label]),
        [
          [1, 'positive'],
          [2, 'negative'],
        ],
      );
      const isSaid = name !== 'array.json' && name !== 'bom-middle.jsonl';
      assert.equal(/is read as JSON/u.test(stderr), isSaid, stderr);
    });
  }
  const piped = await runMain(
    ['score', '-', '-m', 'fixtures/bundle', '-w', '1'],
    readFileSync(exported('array.json')),
  );
  assert.equal(piped.stdout.split('\n').length, 3, piped.stderr);
});

test('a tie between delimiters is said', async () => {
  for (const name of ['sniff-tie.csv', 'sniff-decimal-header.csv']) {
    const { output, stderr } = await labelled(exported(name));
    assert.match(output, /;sentiment/u);
    if (name === 'sniff-tie.csv') assert.match(stderr, /delimited by `;`, though `,` would/u);
  }
});

test('quotes that may have been text are said', async () => {
  const { sentiments, stderr } = await labelled(exported('tsv-unquoted-merge.tsv'));
  assert.equal(sentiments.length, 2);
  assert.match(stderr, /look like rows of their own \(from line 2 on\).*--quote none/u);
});

test('header rows of survey tools pass through without labels', async (t) => {
  const qualtrics = await labelled(exported('qualtrics-three-headers.csv'), '--text', 'Q2_comment');
  assert.deepEqual(qualtrics.sentiments.slice(0, 2), ['', '']);
  assert.ok(qualtrics.sentiments.slice(2).every((sentiment) => sentiment !== ''));
  assert.match(qualtrics.stderr, /4 rows .* \| 2 header rows \|/u);
  const monkey = exported('surveymonkey-two-headers.csv');
  const { sentiments, stderr } = await labelled(monkey, '--text', '5');
  assert.equal(sentiments[0], '');
  assert.match(stderr, /\| 1 header rows \|/u);
  const repeated = await labelled(exported('repeated-header.csv'));
  assert.deepEqual(repeated.sentiments, ['positive', '', 'negative']);
  assert.match(repeated.stderr, /A row repeats the header \(line 3\)/u);
  assert.match(repeated.stderr, /\| 1 header rows \|/u);

  // UTF-16 with tabs is the other form in which Qualtrics exports.
  const text = readFileSync(exported('qualtrics-three-headers.csv'), 'utf8').replaceAll('","', '"\t"');
  const tabs = text.replace(/^StartDate.*$/mu, (line) => line.replaceAll(',', '\t'));
  const path = join(scratchDirectory(t), 'q.tsv');
  const lines = tabs
    .split('\n')
    .map((line) =>
      line.startsWith('2026') || line.startsWith('Start Date') ? line.replaceAll(',', '\t') : line,
    );
  writeFileSync(path, Buffer.from(`\ufeff${lines.join('\n')}`, 'utf16le'));
  assert.match((await labelled(path, '--text', 'Q2_comment')).stderr, /\| 2 header rows \|/u);
});

test('a report of a survey has its question for a heading', async (t) => {
  const output = join(scratchDirectory(t), 'out.csv');
  const { code, stderr } = await scoreFile(exported('qualtrics-three-headers.csv'), '-t', '4', '-o', output);
  assert.equal(code, exitCodes.ok, stderr);
  const report = await runMain(['report', output, '--format', 'json']);
  const { title, texts, rows } = JSON.parse(report.stdout) as { title: string; texts: number; rows: number };
  assert.deepEqual([title, texts, rows], ['What could we do better? Please be specific.', 2, 2]);
  const { counts, notices } = JSON.parse(readFileSync(`${output}.manifest.json`, 'utf8')) as {
    counts: Record<string, number>;
    notices: string[];
  };
  assert.deepEqual([counts['rows'], counts['scored'], counts['header_rows'], notices], [4, 2, 2, []]);
});

test('a dry run shows what there is to choose from', async () => {
  const { code, stderr } = await scoreFile(exported('dup-names.csv'), '--dry-run');
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /^>\s+2\s+Why\?#1\s+100%\s+13\s+"Great service"$/mu);
  assert.match(stderr, /^\s+3\s+Rating\s+100%\s+1\s+"5"$/mu);
  const chosen = await scoreFile(exported('dup-names.csv'), '--dry-run', '--text', '4');
  assert.match(chosen.stderr, /^text +"Why\?#2"$/mu);
  const unclear = await scoreFile(exported('qualtrics-three-headers.csv'), '--dry-run');
  assert.match(unclear.stderr, /^likely +number +column +question +filled /mu);
  assert.match(unclear.stderr, /^> +4 +Q2_comment +"What could we do better\?/mu);
  const survey = await scoreFile(exported('qualtrics-three-headers.csv'), '--dry-run', '-t', 'Q2_comment');
  assert.match(survey.stderr, /^header +3 rows\n/mu);
  assert.match(survey.stderr, /^question +"What could we do better\?\\nPlease be specific\."$/mu);
  assert.match(survey.stderr, /^row 3 +"The checkout is fast and easy\."$/mu);
});

test('names of outputs do not lie', async (t) => {
  const folder = scratchDirectory(t);
  for (const name of ['out.xls', 'out.csv.zst', 'out.csv.bz2', 'out.zip', 'out.json', 'out.xlsx.gz']) {
    const { code, stderr } = await scoreFile(exported('plain.csv'), '-o', join(folder, name));
    assert.equal(code, exitCodes.usage, name);
    assert.match(stderr, /`\.csv`, .*`\.jsonl`/u);
  }
  for (const name of [
    'out',
    'out.labelled',
    'out.csv',
    'out.2026.tsv.gz',
    'out.txt',
    'a.zip/out.csv'.replace('a.zip/', ''),
  ]) {
    const { code, stderr } = await scoreFile(exported('plain.csv'), '-o', join(folder, name), '--force');
    assert.equal(code, exitCodes.ok, stderr);
  }
  const rejects = ['--max-rejects', '1', '--rejects', join(folder, 'bad.csv'), '-o', join(folder, 'x.csv')];
  assert.equal((await scoreFile(exported('plain.csv'), ...rejects)).code, exitCodes.usage);
});

test('a name that is nearly right is shown', async (t) => {
  const folder = scratchDirectory(t);
  copyFileSync(exported('plain.csv'), join(folder, 'survey-2026.csv'));
  const { code, stderr } = await scoreFile(join(folder, 'survey_2026.csv'));
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Did you mean `\S*survey-2026\.csv`\?/u);
});
