import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resumeCommand } from '../../src/commands/resume-command.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
/** Sets a terminal's title, colours, turns the text, and speaks to CI services at the start of a line. */
const hostile = 'x\u001b]0;pwn\u0007\u009b31m\u202e\u200b##vso[task.complete]\n::error file=a.js::pwned\n';
const quoted = `"${hostile}"`;

const files: Record<string, string> = {
  'good.csv': `id,comment,${quoted}\n1,good service,${quoted}\n2,bad,b\n`,
  'bad.csv': `id,${quoted}\n1,2\n`,
  'bad.jsonl': `{"comment":"a"}\n{bad ${hostile.replaceAll('\n', '')} json\n`,
  'keys.jsonl': `${JSON.stringify({ [hostile]: 'a' })}\n`,
  [`${hostile.replaceAll('/', '')}.csv`]: 'comment\ngood\n',
  'huge.csv': `id,"${'y'.repeat(10_000_000)}",b\n1,2,3\n`,
  'map.json': JSON.stringify({ sentiment: { positive: hostile.replaceAll(';', '') } }),
  'wrong-map.json': JSON.stringify({ [hostile]: { a: hostile } }),
  'gold.csv': `comment,sentiment,${quoted}\ngood service,positive,${quoted}\nbad,positive,b\n`,
  'wrong-gold.csv': `comment,sentiment\ngood service,${quoted}\n`,
  'manifest.json': JSON.stringify({ manifest_version: 1, [hostile]: 1 }),
};

/** Each command, in success and in error, with the exit code that it ends with. */
const commands: [name: string, args: string[], code: number][] = [
  ['a dry run', ['score', 'good.csv', '--dry-run'], 0],
  ['a column that is not there', ['score', 'good.csv', '--text', 'none', '-o', 'o1.csv'], 2],
  ['an option', ['score', 'good.csv', `--${hostile}`], 2],
  ["an option's value", ['score', 'good.csv', '--scores', hostile], 2],
  ['a threshold', ['score', 'good.csv', '--threshold', hostile], 2],
  ['no text column', ['score', 'bad.csv', '-o', 'o2.csv'], 2],
  ['bad JSON', ['score', 'bad.jsonl', '-o', 'o3.jsonl'], 2],
  ['a key', ['score', 'keys.jsonl', '--text', 'none', '-o', 'o4.jsonl'], 2],
  ['a file name', ['score', `${hostile}.csv`, '-o', `${hostile}.out`, '--to', 'csv'], 0],
  ['the same once more', ['score', `${hostile}.csv`, '-o', `${hostile}.out`, '--to', 'csv', '--resume'], 0],
  ['an output that is there', ['score', `${hostile}.csv`, '-o', `${hostile}.out`, '--to', 'csv'], 2],
  ['no such file', ['score', `none${hostile}`], 2],
  ['a name of 10 MB', ['score', 'huge.csv', '-o', 'o5.csv'], 2],
  ['a name of 10 MB in a dry run', ['score', 'huge.csv', '--text', 'b', '--dry-run'], 0],
  ['labels', ['score', 'good.csv', '--label-map', 'map.json', '--summary', '-o', 'o6.csv'], 0],
  ['labels that are unknown', ['score', 'good.csv', '--label-map', 'wrong-map.json', '-o', 'o7.csv'], 2],
  ['a bundle', ['score', 'good.csv', '-m', 'hostile', '-o', 'o8.csv'], 0],
  ['no bundle', ['score', 'good.csv', '-m', hostile], 2],
  ['merge', ['merge', `${hostile}.csv`, '-o', 'o9.csv'], 1],
  ['evaluate', ['evaluate', 'gold.csv', '--by', hostile], 0],
  ['evaluate with a gate', ['evaluate', 'gold.csv', '--by', hostile, '--min', 'sentiment.macro_f1=1'], 4],
  ['evaluate as JSON', ['evaluate', 'gold.csv', '--by', hostile, '--json'], 0],
  ['a gold label', ['evaluate', 'wrong-gold.csv'], 2],
  ['compare', ['compare', 'o6.csv', 'o8.csv'], 0],
  ['compare as JSON', ['compare', 'o6.csv', 'o8.csv', '--json'], 0],
  ['compare manifests', ['compare', 'manifest.json', 'manifest.json'], 2],
  ['report in Markdown', ['report', 'o6.csv', '--by', hostile, '--format', 'md', '--title', hostile], 0],
  ['report in JSON', ['report', 'o6.csv', '--by', hostile, '--format', 'json'], 0],
  ['a column of a report', ['report', 'o6.csv', '--by', 'none', '--format', 'json'], 2],
  ['model show', ['model', 'show', 'hostile'], 0],
  ['model show as JSON', ['model', 'show', 'hostile', '--json'], 0],
  ['model verify', ['model', 'verify', 'hostile'], 0],
];

test('no string from a file, a bundle or a command line gets to a terminal or a CI service as a command', async (t) => {
  const directory = scratchDirectory(t);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  writeBundle(join(directory, 'hostile'), {
    manifest: { name: hostile, version: hostile, license: hostile },
  });
  const hasModel = new Set(['-m', 'merge', 'compare', 'report', 'model']);
  for (const [name, args, code] of commands) {
    const model = args.some((arg) => hasModel.has(arg)) ? [] : ['-m', bundle, '-w', '1'];
    const finished = await runVoxpop([...args, ...model], { cwd: directory });
    assert.equal(finished.code, code, `${name}: ${finished.stderr}`);
    const words = finished.stdout + finished.stderr;
    assert.doesNotMatch(words, /[^\P{Cc}\n]|[\u200b\u202e]|^\s*::|##\w*\[/mu, name);
    assert.ok(words.length < 20_000, `${name}: ${words.length} characters`);
  }
});

test('the command that goes on names odd files as a shell reads them', () => {
  const command = resumeCommand(['score', `it's ${hostile}.csv`, '-o', 'out.csv']);
  assert.doesNotMatch(command, /[\p{Cc}\p{Cf}]/u);
  const read = execFileSync('bash', ['-c', `printf '%s|' ${command}`], { encoding: 'utf8' });
  assert.equal(read, ['voxpop', 'score', '--resume', `it's ${hostile}.csv`, '-o', 'out.csv', ''].join('|'));
});
