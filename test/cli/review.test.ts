import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'csv-parse/sync';
import { JSDOM, type PageDocument } from 'jsdom';
import { exitCodes } from '../../src/errors.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const scored = [
  'comment,team,team_score,language,language_score',
  '"Good food, ""really""\nand cheap",food,0.55,en,1',
  'Parking full,parking,0.6,en,1',
  '<script>alert(1)</script> & more,food,0.9,en,1',
  ',,,,',
  '',
].join('\n');

/** A page in a browser of sorts. */
interface Opened {
  press: (...keys: string[]) => void;
  saved: () => Promise<string[][]>;
  document: PageDocument;
}

function open(page: string, storage: Record<string, string> = {}): Opened {
  let blob: object | undefined;
  const { window } = new JSDOM(page, {
    runScripts: 'dangerously',
    beforeParse(inside) {
      Object.assign(inside.URL, {
        createObjectURL: (made: object) => ((blob = made), 'blob:x'),
        revokeObjectURL: () => {},
      });
      inside.HTMLAnchorElement.prototype.click = () => {};
      inside.prompt = () => 'pricing';
      Object.defineProperty(inside, 'localStorage', {
        value: {
          getItem: (name: string) => storage[name] ?? null,
          setItem: (name: string, value: string) => void (storage[name] = value),
        },
      });
    },
  });
  const press = (...keys: string[]): void => {
    for (const key of keys) window.document.dispatchEvent(new window.KeyboardEvent('keydown', { key }));
  };
  return {
    document: window.document,
    press,
    saved: async () => {
      window.document.getElementById('save')?.click();
      const text = await new Promise<string>((resolve) => {
        const reader = new window.FileReader();
        reader.addEventListener('load', () => resolve(reader.result as string));
        reader.readAsText(blob as object);
      });
      return parse(text);
    },
  };
}

async function review(t: TestContext, ...args: string[]): Promise<{ page: string; directory: string }> {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'out.csv'), scored);
  const run = await runVoxpop(['review', 'out.csv', '-o', 'review.html', ...args], { cwd: directory });
  assert.equal(run.code, exitCodes.ok, run.stderr);
  assert.match(run.stderr, /^3 of 3 texts to look at; /);
  return { directory, page: readFileSync(join(directory, 'review.html'), 'utf8') };
}

test('a page to correct labels in by keys, which saves what `teach --with` takes', async (t) => {
  const { page } = await review(t);
  assert.doesNotMatch(page, /https?:|src=/);
  assert.match(page, /default-src 'none';.* script-src 'sha256-/);
  const { document, press, saved } = open(page);
  const texts = [...document.querySelectorAll('.text')].map(({ textContent }) => textContent);
  assert.deepEqual(texts, [
    'Good food, "really"\nand cheap',
    'Parking full',
    '<script>alert(1)</script> & more',
  ]);
  // Right; another label by its key; a new label.
  press('Enter', '1', '+');
  assert.match(document.getElementById('state')?.textContent ?? '', /^3 of 3 looked at$/);
  assert.deepEqual(await saved(), [
    ['comment', 'team'],
    ['Good food, "really"\nand cheap', 'food'],
    ['Parking full', 'food'],
    ['<script>alert(1)</script> & more', 'pricing'],
  ]);
});

test('what was not looked at is not saved; a closed window loses nothing; several labels', async (t) => {
  const { page } = await review(t, '--kind', 'multi');
  const storage: Record<string, string> = {};
  const first = open(page, storage);
  // Both labels; none; then the second thought.
  first.press('2', 'Enter', '2', 'Enter', '1', 'Backspace');
  const again = open(page, storage);
  assert.deepEqual(await again.saved(), [
    ['comment', 'team'],
    ['Good food, "really"\nand cheap', 'food;parking'],
    ['Parking full', '[]'],
  ]);
  again.press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
  assert.equal((await again.saved()).length, 4);
});

test('labels of the bundle are offered, and what cannot be reviewed shows the way', async (t) => {
  const { directory } = await review(t);
  writeFileSync(join(directory, 'two.csv'), 'comment,topic,topic_score,mood,mood_score\na b,food,1,good,1\n');
  writeFileSync(join(directory, 'bare.csv'), 'comment\na\n');
  writeFileSync(join(directory, 'empty.csv'), 'comment,topic,topic_score\n,,\n');
  for (const [message, ...args] of [
    [/Expected one task to review, found topic, mood\n.*--task mood/, 'two.csv'],
    [/expected labels of `voxpop score`/, 'bare.csv'],
    [/expected texts with labels, found none/, 'empty.csv'],
    [/Expected --rows to be an integer from 1/, 'out.csv', '--rows', '0'],
    [/Expected fixture to have the task mood, found none/, 'two.csv', '--task', 'mood', '-m', 'FIXTURE'],
    [/an output other than the input/, 'out.csv', '-o', 'out.csv'],
  ] as [RegExp, ...string[]][]) {
    const fixture = join(import.meta.dirname, '../../../fixtures/bundle');
    const run = await runVoxpop(['review', ...args.map((arg) => (arg === 'FIXTURE' ? fixture : arg))], {
      cwd: directory,
    });
    assert.equal(run.code, exitCodes.usage, run.stderr);
    assert.match(run.stderr, message);
    if (args.includes('out.csv')) continue;
    assert.equal(run.stdout, '');
  }
});

test('what is noticed about the file is said', async (t) => {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'scored.csv'), `${scored}comment,team,team_score,language,language_score\n`);
  const { stderr } = await runVoxpop(['review', 'scored.csv', '--task', 'team', '-o', 'page.html'], { cwd });
  assert.match(stderr, /A row repeats the header \(line 7\)[\s\S]*3 of 3 texts to look at/u);
});
