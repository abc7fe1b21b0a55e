/** Every hint about a file is followed once, to the letter: it has to lead to the right labels. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import { exported, scoreFile } from '../support/exports.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { repositoryRoot } from '../support/paths.ts';
import { type Ended, runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

interface Case {
  input: (t: TestContext) => string;
  /** Which of the hints between backticks is followed, the first unless told. */
  hint?: RegExp;
  /** What is in the output when it is followed, for the options that a further hint names. */
  expected: RegExp[];
  /** Hints that are followed before the file is read. */
  steps?: number;
}

const file = (name: string) => (): string => exported(name);

function made(name: string, content: string | Buffer) {
  return (t: TestContext): string => {
    const path = join(scratchDirectory(t), name);
    writeFileSync(path, content);
    return path;
  };
}

const both = [/Great service.*positive/u, /Terrible app.*negative/u];
const cases: Record<string, Case> = {
  delimiter: { input: file('caret-delimited.csv'), expected: both },
  'delimiter of a .tsv': { input: file('commas-named.tsv'), expected: both },
  'control character as delimiter': {
    input: made('a.csv', 'id\u0001comment\n1\u0001Great service\n2\u0001Terrible app\n'),
    expected: both,
  },
  'rows quoted as a whole': { input: file('whole-rows-quoted.csv'), expected: both },
  'title, semicolons': { input: file('metadata-line-semicolon.csv'), expected: both },
  'title, blank line': { input: file('metadata-line-comma.csv'), expected: both },
  'title filled up with delimiters': {
    input: made('a.csv', 'Export,,\n,,\nid,comment,x\n1,Great service,y\n2,Terrible app,z\n'),
    expected: both,
  },
  'one field more in all rows': { input: file('trailing-delim-rows.csv'), expected: both },
  'one field fewer in all rows': { input: file('trailing-delim-header.csv'), expected: both },
  'JSON Lines named .csv': { input: file('jsonl-named.csv'), expected: [/Great.*positive/u] },
  'one key, named .csv': { input: file('jsonl-named-onecol.csv'), expected: [/Great.*positive/u] },
  zstd: { input: file('plain.csv.zst'), expected: both },
  bzip2: { input: file('plain.csv.bz2'), expected: both },
  zip: { input: file('plain.zip'), expected: both },
  'gzip in gzip': {
    input: made('a.gz', gzipSync(gzipSync('id,comment\n1,Great service\n2,Terrible app\n'))),
    expected: both,
  },
  'quotes that are text, at the start': {
    input: file('tsv-quote-start.tsv'),
    expected: [/^1\t"Great" product\tpositive$/mu],
  },
  'quotes that are text': {
    input: file('tsv-unquoted-literal-quotes.tsv'),
    expected: [/^1\t"Best ever\t/mu, /^4\tmeh"\t/mu, /^5\tTerrible app\tnegative$/mu],
  },
  'backslash before quotes': {
    input: file('backslash-quotes.csv'),
    expected: [/^1,"He said \\"good\\" twice",positive$/mu],
  },
  'lines of text': {
    input: file('lines.txt'),
    expected: [/^The food was great[,;]/mu, /^"?Staff were rude, and slow"?[,;]/mu],
  },
  'lines of text without commas': { input: file('lines-nocomma.txt'), expected: [/^The food was great,/mu] },
  'a few bad bytes': {
    input: file('mixed-utf8-cp1252.csv'),
    hint: /--invalid-utf8 replace/u,
    expected: [/Das Menü war schön und größer/u, /\ufffd/u],
  },
  'Latin-1': {
    input: made('a.csv', Buffer.from('id,comment\n1,Das Men\xfc ist sch\xf6n\n', 'latin1')),
    expected: [/Das Menü ist schön/u],
  },
  Cyrillic: {
    input: made(
      'a.csv',
      Buffer.concat([
        Buffer.from('id,comment\n1,'),
        Buffer.from('d1e5f0e2e8f120e1fbeb20eff0e5eaf0e0f1e5ed0a', 'hex'),
      ]),
    ),
    expected: [/Сервис был прекрасен/u],
  },
  'Shift JIS': {
    input: made(
      'a.csv',
      Buffer.concat([Buffer.from('id,comment\n1,'), Buffer.from('834183768a8a82aa97c782a20a', 'hex')]),
    ),
    expected: [/アプ/u],
  },
  'UTF-16 without mark': {
    input: made('a.csv', Buffer.from('id,comment\n1,Great service\n2,Terrible app\n', 'utf16le')),
    expected: both,
  },
  'numbers under a usual name': {
    input: file('guess-response-rating.csv'),
    expected: [/Fast delivery,\w+$/mu],
  },
  'one of two names': {
    input: file('dup-names.csv'),
    hint: /#2/u,
    expected: [/^Timestamp,.*\n1|^.*Slow app,negative$/mu],
  },
  'a column without a name': {
    input: made('a.csv', 'id,,rating\n1,Great service,5\n2,Terrible app,1\n'),
    expected: both,
  },
  'questions for names': {
    input: file('surveymonkey-two-headers.csv'),
    expected: [/Open-Ended Response,$/mu, /Support never answered my mail,\w+$/mu],
  },
  'a row that may be of the header': {
    input: made('a.csv', 'Nr,Warum?,,comment\n,Antwort,Worte,Offen\n1,9,,Great service\n2,3,,Terrible app\n'),
    expected: [/^,Antwort,Worte,Offen,$/mu, ...both],
  },
  'commas between objects': { input: file('trailing-commas.jsonl'), expected: both },
  'objects side by side': { input: file('concatenated.jsonl'), expected: both },
  'objects over several lines': {
    input: file('pretty.jsonl'),
    expected: [/Great.*positive/u, /Bad.*negative/u],
  },
  NaN: { input: file('nan.jsonl'), expected: both },
  'dicts of Python': {
    input: made(
      'a.jsonl',
      "{'id': 1, 'comment': 'Great service', 'x': None}\n{'id': 2, 'comment': \"Terrible app, isn't it\"}\n",
    ),
    expected: [/Great service.*positive/u, /Terrible app.*negative/u],
  },
  'a list of texts': { input: made('a.json', '["Great service", "Terrible app"]'), expected: both, steps: 2 },
  'texts as JSON Lines': { input: made('a.jsonl', '"Great service"\n"Terrible app"\n'), expected: both },
  'a text inside of lists': { input: file('play-api.jsonl'), expected: [/Great service.*positive/u] },
  'a document around the rows': { input: file('wrapped.json'), expected: [/Great.*positive/u] },
  'a document of any shape around the rows': {
    input: made(
      'a.json',
      '{"data":{"items":[{"id":1,"body":"Great service all around"},{"id":2,"body":"Terrible app it is"}]},"next":null}',
    ),
    expected: [/Great.*positive/u, /Terrible.*negative/u],
  },
  'a document on one line around the rows': {
    input: made(
      'a.jsonl',
      '{"items":[{"note":{"de":"Great service all around"}},{"note":{"de":"Terrible app it is"}}]}\n',
    ),
    expected: [/Great.*positive/u, /Terrible.*negative/u],
  },
  'rows by their ids': {
    input: made('a.json', '{"reviews":{"a":{"text":"Great service"},"b":{"text":"Terrible app"}}}'),
    expected: both,
  },
  'two kinds of line ends': {
    input: made('a.csv', 'id,comment\r1,Great service\r2,Terrible app\n3,ok\n'),
    expected: both,
  },
};

/** The next thing to do: the first words between backticks that are an option or a command. */
function firstHint(stderr: string, wanted: RegExp | undefined): string {
  const hint = stderr.split('\n').find((line) => line.startsWith('  ')) ?? '';
  const commands = [...hint.matchAll(/`((?:--|[a-z0-9]+ -|[a-z]+ ).*?(?:voxpop score -[^`]*)?)`/gu)].map(
    (match) => match[1] as string,
  );
  const found = commands.find((command) => wanted?.test(command) ?? true);
  assert.ok(found !== undefined, stderr);
  return found;
}

/** Does what a hint says: adds options to the command, or runs the command that it gives. */
async function follow(hint: string, path: string, given: string[]): Promise<[Ended, string[]]> {
  const words = (text: string): string[] =>
    text === ''
      ? []
      : execFileSync('bash', ['-c', `printf '%s\\0' ${text}`])
          .toString()
          .split('\0')
          .slice(0, -1);
  if (hint.startsWith('--')) {
    const options = [...given, ...words(hint)];
    return [await scoreFile(path, ...options), options];
  }
  const [, program, options = ''] = /^(.*) \| voxpop score -(.*)$/su.exec(hint) ?? [];
  assert.ok(program !== undefined, hint);
  const input = execFileSync('bash', ['-o', 'pipefail', '-c', program], { cwd: repositoryRoot });
  const args = ['score', '-', '-m', fixtureBundle, '-w', '1', '--tasks', 'sentiment', '--scores', 'none'];
  return [await runMain([...args, ...words(options.trim())], input), []];
}

for (const [name, { input, hint, expected }] of Object.entries(cases)) {
  test(`a hint is right: ${name}`, async (t) => {
    const path = input(t);
    let ended = await scoreFile(path);
    assert.equal(ended.code, exitCodes.usage, ended.stderr);
    let options: string[] = [];
    for (let step = 0; step < 3 && ended.code !== exitCodes.ok; step++) {
      [ended, options] = await follow(firstHint(ended.stderr, hint), path, options);
    }
    assert.equal(ended.code, exitCodes.ok, ended.stderr);
    for (const pattern of expected) assert.match(ended.stdout, pattern);
  });
}

test('following the hint about bad bytes leaves all others as they are', async (t) => {
  const folder = scratchDirectory(t);
  const output = join(folder, 'out.csv');
  const rejects = ['--rejects', join(folder, 'bad.jsonl'), '--max-rejects', '5'];
  for (const options of [
    ['--invalid-utf8', 'replace'],
    ['--invalid-utf8', 'reject', ...rejects],
  ]) {
    const { code, stderr } = await scoreFile(
      exported('mixed-utf8-cp1252.csv'),
      '-o',
      output,
      '--force',
      ...options,
    );
    assert.equal(code, exitCodes.ok, stderr);
    assert.doesNotMatch(readFileSync(output, 'utf8'), /Ã/u);
  }
});
