import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableJson, printableLines, shownName, shownNames } from '../../src/text/printable.ts';

/** What a terminal or a CI service would act upon, and what hides or turns text, with how it is shown. */
const hostile: Record<string, [text: string, shown: string]> = {
  'a colour': ['a\u001b[31mred', 'a\\u001b[31mred'],
  'a title of the window': ['\u001b]0;pwn\u0007', '\\u001b]0;pwn\\u0007'],
  'C1 control': ['a\u009b2Jb', 'a\\u009b2Jb'],
  'a backspace': ['safe\b\b\b\bevil', 'safe\\u0008\\u0008\\u0008\\u0008evil'],
  'a line break': ['x\n::error::pwned', 'x ::error::pwned'],
  'a carriage return': ['good\rbad', 'good bad'],
  'a line separator': ['a\u2028b\u0085c', 'a b c'],
  'a command of GitHub': ['::error file=a.js::pwned', ': :error file=a.js::pwned'],
  'one behind blanks': ['  ::stop-commands::x', ': :stop-commands::x'],
  'an old command of GitHub': ['a ##[add-path]b', 'a ## [add-path]b'],
  'a command of Azure DevOps': ['x##vso[task.setvariable]y', 'x## vso[task.setvariable]y'],
  'a right-to-left override': ['gnp.\u202eexe', 'gnp.\\u202eexe'],
  'direction isolates': ['\u2066a\u2069', '\\u2066a\\u2069'],
  'a mark of direction': ['a\u200fb', 'a\\u200fb'],
  'no width at all': ['a\u200bb\ufeffc\u00add', 'a\\u200bb\\ufeffc\\u00add'],
  'a tag character': ['a\u{e0041}', 'a\\udb40\\udc41'],
  'half a surrogate pair': ['a\ud800b', 'a\ufffdb'],
};

for (const [name, [text, shown]] of Object.entries(hostile)) {
  test(`${name} is shown, not done`, () => {
    assert.equal(printable(text), shown);
    assert.deepEqual(JSON.parse(printableJson({ text }, 2)), { text });
    assert.doesNotMatch(
      printableJson({ text }),
      /[^\P{Cc}]|[\u200b-\u200f\u2028-\u202e\u2060-\u206f]|##\w*\[/u,
    );
  });
}

test('what people write comes through as it is', () => {
  for (const text of [
    'Größe: 5 < 6 & 7',
    'مرحبا',
    '👩‍👩‍👧',
    'می‌خواهم',
    'क्षेत्र',
    'a # b ## c',
    'C:\\temp',
    'std::vector',
  ]) {
    assert.equal(printable(text), text);
  }
});

test('a long name loses its middle', () => {
  const name = `start${'x'.repeat(10_000_000)}end`;
  const shown = shownName(name);
  assert.match(shown, /^startx+\[\.\.\. 9999908 characters \.\.\.\]x+end$/);
  assert.ok(printable(`in.csv: expected \`${name}\`, found none`).length < 2100);
  assert.match(printable(`in.csv: expected \`${name}\`, found none`), /^in\.csv: expected .*, found none$/);
  assert.equal(shownNames(['a', 'b', 'c'], 2), '`a`, `b` and 1 more');
});

test('lines that voxpop laid out stay lines', () => {
  assert.equal(printableLines('a  b\n::x\u001b\n'), 'a  b\n: :x\\u001b\n');
});
