import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shellPath, shellWord } from '../../src/text/shell-word.ts';
import { scratchDirectory } from '../support/scratch.ts';

const words = [
  'feedback.csv',
  'feedback May 2026.csv',
  "the client's.csv",
  'say "so".csv',
  `both ' and ".csv`,
  '$HOME `id` $(id) ${x}',
  'back\\slash\\n',
  'a;b&c|d<e>f(g)h*i?j[k]l#m!n~o{p,q}',
  '~',
  '=ls',
  '-x.csv',
  '--',
  '-',
  '',
  'two\nlines.csv',
  '\n',
  'at the end\n',
  "it's\ttabs \\t %d 100 %",
  "-n '%s'\r\n.",
  'bell\u0007 0 and \u001b[31m1',
  'no break\u00a0space, zero\u200bwidth, \u202eright to left',
  'Rückmeldung März.csv',
  '意见反馈.csv',
  'Kundenfeedback_März',
  '😀 e\u0301',
];

test('every word comes through a shell as it was', () => {
  for (const word of words) {
    const typed = shellWord(word);
    assert.doesNotMatch(typed, /[\p{Cc}\p{Cf}]/u);
    // A line feed at the end takes a form that sh need not know.
    const shell = word.endsWith('\n') ? 'bash' : 'sh';
    const read = execFileSync(shell, ['-c', `printf '%s|' ${typed} end`], { encoding: 'utf8' });
    assert.equal(read, `${word}|end|`, typed);
  }
});

test('a word that needs no quotes gets none', () => {
  for (const word of ['feedback.csv', './May_2026/a+b@c.csv', '--text', 'Rückmeldung', 'comment,id'])
    assert.equal(shellWord(word), word);
});

test('a file is a file whatever its name is', (t) => {
  const directory = scratchDirectory(t);
  for (const [name] of words.map((word) => [word.replaceAll('/', '_')] as const)) {
    if (name === '' || name === '-') continue;
    writeFileSync(join(directory, name), name);
    const shell = name.endsWith('\n') ? 'bash' : 'sh';
    const read = execFileSync(shell, ['-c', `cat ${shellPath(name)}`], { cwd: directory, encoding: 'utf8' });
    assert.equal(read, name);
  }
  assert.equal(shellPath('/data/-x.csv'), '/data/-x.csv');
});
