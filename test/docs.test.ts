import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, test } from 'node:test';
import { slug } from 'github-slugger';
import { exitCodes } from '../src/errors.ts';
import { defaultBundle, findBundle } from '../src/bundle/find-bundle.ts';
import { loadBundle } from '../src/index.ts';
import { blocks, pages, parts, readPage } from './support/pages.ts';
import { repositoryRoot } from './support/paths.ts';
import { refreshed } from './support/run-page.ts';
import { runVoxpop } from './support/run-voxpop.ts';
import { scratchDirectory } from './support/scratch.ts';

const all = pages();
/** Flags of other programs that pages name. */
const flagsOfOthers = [
  '--array --cli-input-json --data --depth --file --halt --ignore-scripts --network --peers --pipe --pipe-part --price',
  '--quote --retries --rm --rows-per-second --sshlogin --tag --user --volume --write',
].flatMap((flags) => flags.split(' '));
const optionsPage = readPage('docs/options.md').text;

describe('what a page shows is what its commands print', { concurrency: 2 }, () => {
  for (const page of all) {
    test(page.path, async () => {
      assert.equal(page.text, await refreshed(page), `\`npm run docs ${page.path}\` brings it up to date`);
    });
  }
});

test('the README is short, and leads to every page', () => {
  const readme = readPage('README.md').text;
  assert.ok(Buffer.byteLength(readme) <= 12_000, `${Buffer.byteLength(readme)} bytes`);
  for (const { path } of all.slice(1)) {
    const index = posix.join(posix.dirname(path), '..', `${posix.basename(posix.dirname(path))}.md`);
    const from = path.endsWith('/README.md') ? readPage(index).text : readme;
    const link = from === readme ? path : posix.relative('docs', path);
    assert.ok(from.includes(`](${link}`), `no link to ${path}`);
  }
});

test('links lead to files and headings that exist', () => {
  const models = readdirSync(join(repositoryRoot, 'models'), { recursive: true, encoding: 'utf8' });
  const cards = models.filter((path) => path.endsWith('.md')).map((path) => readPage(join('models', path)));
  for (const { path, text } of [...all, ...cards, readPage('CHANGELOG.md')]) {
    for (const [, target] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target as string)) continue;
      const [file, heading] = (target as string).split('#') as [string, string | undefined];
      const found = file === '' ? path : posix.join(dirname(path), file);
      assert.ok(existsSync(join(repositoryRoot, found)), `${path}: ${target}`);
      if (heading !== undefined) assert.ok(headings(found).includes(heading), `${path}: ${target}`);
    }
  }
});

test('tables are narrow enough for a terminal', () => {
  for (const { path, text } of all) {
    for (const line of prose(text).split('\n')) {
      assert.ok(!line.startsWith('|') || line.length <= 100, `${path}: ${line}`);
    }
  }
});

test('the flags that pages name exist', () => {
  const known = new Set([...(optionsPage.match(/--[a-z][a-z0-9-]*/g) ?? []), ...flagsOfOthers]);
  for (const { path, text } of all) {
    const flags = text.match(/(?<![\w-])--[a-z](?:-?[a-z0-9]+)*(?![\w-])/g) ?? [];
    assert.deepEqual(
      flags.filter((flag) => !known.has(flag)),
      [],
      path,
    );
  }
});

test('commands that pages give take the flags that they are given', () => {
  for (const { path, text } of all) {
    const shells = blocks(text, 'sh', 'console', 'yaml', 'ini', 'text')
      .join('\n')
      .replaceAll(/\\\n>?/g, ' ');
    for (const [, line, rest] of shells.matchAll(/\bvoxpop(?:\.js)? ((?:model )?[a-z]+)\b([^|;\n]*)/g)) {
      const help = new RegExp(`^## voxpop ${line}\\n([^]*?)^## `, 'm').exec(`${optionsPage}\n## `)?.[1];
      const known = new Set(help?.match(/(?<![\w-])--?[a-z][a-z0-9-]*/g));
      const flags = rest?.match(/(?<=\s)--?[a-z][a-z0-9-]*/g) ?? [];
      assert.deepEqual(
        flags.filter((flag) => help !== undefined && !known.has(flag)),
        [],
        `${path}: ${line}`,
      );
    }
  }
});

test('a reader of all pages is nowhere in the way of what another page wrote', () => {
  const written = new Map<string, string>();
  for (const { path, text } of all) {
    for (const [, output] of blocks(text, 'console', 'js')
      .join('')
      .matchAll(/^(?:\$ voxpop .* -o |.*output: ')([\w.]+)/gm)) {
      assert.equal(written.get(output as string) ?? path, path, output);
      written.set(output as string, path);
    }
  }
  assert.ok(written.size > 8);
});

test('the npm scripts that pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const { path, text } of all) {
    for (const [, name] of text.matchAll(/npm run ([a-z:]+)/g)) {
      assert.ok((name as string) in scripts, `${path}: npm run ${name}`);
    }
  }
});

test('every exit code and every key of a manifest is explained', async (t) => {
  const nightly = readPage('docs/nightly.md').text;
  for (const code of Object.values(exitCodes)) assert.match(nightly, new RegExp(`^\\| ${code} +\\|`, 'm'));
  const path = join(scratchDirectory(t), 'manifest.json');
  const flags = ['-m', 'fixtures/bundle', '--limit', '1', '--manifest', path];
  await runVoxpop(['score', 'fixtures/feedback.csv', ...flags], { cwd: repositoryRoot });
  for (const key of Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)) {
    assert.ok(nightly.includes(`\`${key}\``), key);
  }
});

test('the page of labels explains the labels of the default bundle, and no others', async () => {
  const { manifest } = await loadBundle(await findBundle(defaultBundle));
  const page = readPage('docs/labels.md').text;
  for (const { name, labels } of manifest.tasks) {
    const chapter = new RegExp(`^## ${name}\\n([^]*?)^## `, 'm').exec(page)?.[1];
    assert.ok(chapter, `docs/labels.md: expected a chapter ${name}`);
    const explained = [...chapter.matchAll(/^\| `(\w+)`/gm)].map(([, label]) => label);
    assert.deepEqual(new Set(explained), new Set(labels), name);
  }
});

/** A page without its fenced blocks. */
function prose(text: string): string {
  return parts(text)
    .filter(({ info }) => info === undefined)
    .map((part) => part.text)
    .join('');
}

function headings(path: string): string[] {
  return [...prose(readPage(path).text).matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title as string));
}
