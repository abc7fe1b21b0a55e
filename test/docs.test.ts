import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../src/errors.ts';
import { scoreOptionTable } from '../src/score-options.ts';
import { repositoryRoot } from './support/paths.ts';
import { printed, readmeBlocks, readmePath } from './support/readme-blocks.ts';
import { scratchDirectory } from './support/scratch.ts';

const readme = readFileSync(readmePath, 'utf8');
const commands = [['score'], ['merge'], ['evaluate'], ['compare'], ['report'], ['model'], ['model', 'show']];

/** Figures of a model may differ in the last digit on another CPU; words and layout may not. */
function withoutFigures(text: string): string {
  return text.replaceAll(/\d[\d.,-]*/g, '0').replaceAll(/ +/g, ' ');
}

test('the README shows what the commands print', async () => {
  const blocks = readmeBlocks();
  assert.ok(blocks.some(({ args }) => args.join(' ') === 'score --help'));
  for (const { args, shown } of blocks) {
    const comparable = args[0] === 'evaluate' && args[1] !== '--help' ? withoutFigures : String;
    const hint = `voxpop ${args.join(' ')} (\`npm run docs\` brings the README up to date)`;
    assert.equal(comparable(shown), comparable(await printed(args)), hint);
  }
});

test('every option of score and every exit code is in the README', () => {
  for (const { flags } of Object.values(scoreOptionTable)) {
    const long = flags.match(/--[a-z-]+/)?.[0] ?? '';
    assert.ok(readme.includes(long), long);
  }
  for (const code of Object.values(exitCodes)) assert.match(readme, new RegExp(`^\\| ${code} +\\|`, 'm'));
});

test('the commands that the README gives exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] as string);
  assert.ok(named.includes('check'));
  for (const name of named) assert.ok(name in scripts, `npm run ${name}`);
});

test('every flag that the README names exists', async () => {
  const helps = await Promise.all(commands.map((command) => printed([...command, '--help'])));
  const known = new Set(helps.flatMap((help) => help.match(/--[a-z][a-z-]*/g) ?? []));
  // Of other programs.
  for (const name of ['--global', '--rows', '--rounds', '--texts', '--write', '--array', '--pipe'])
    known.add(name);
  for (const [flag] of readme.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) assert.ok(known.has(flag), flag);
});

test('every key of a manifest is in the README', async (t) => {
  const path = join(scratchDirectory(t), 'manifest.json');
  await printed([
    'score',
    'fixtures/feedback.csv',
    '-m',
    'fixtures/bundle',
    '--limit',
    '1',
    '--manifest',
    path,
  ]);
  const keys = Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object);
  for (const key of keys) assert.match(readme, new RegExp(`^\\|.*\`${key}\``, 'm'), key);
});
