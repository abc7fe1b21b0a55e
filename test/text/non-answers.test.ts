import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { findBundle } from '../../src/bundle/find-bundle.ts';
import { isNonAnswer, nonAnswers } from '../../src/text/non-answers.ts';
import { repositoryRoot } from '../support/paths.ts';

test('what says nothing is no answer', () => {
  for (const text of [
    ...Object.values(nonAnswers).flat(),
    'N/A',
    ' n/a ',
    'NULL',
    '\\N',
    'NaN',
    '#N/A',
    'None',
    'None.',
    '"nothing"',
    'None...',
    'Nada…',
    'PAS GEÇİYORUM',
    'Skip this question.',
    '這題跳過',
    'NICHTS',
    'Nein',
    'I don’t know',
    '-',
    '--',
    '---',
    '.',
    '...',
    '???',
    '!!',
    '/',
    '***',
    '_____',
    '„“',
    '+',
    '~',
    '\ufffd',
    '。',
    '—',
    '\ue000',
    '5',
    '10',
    '123456',
    '4,5',
    '٥',
    '#3',
    '2026-01-01',
    '01.02.2026',
    '+49 170 1234567',
    '(030) 123 45 67',
    'https://example.com/x',
    'www.example.com',
    'a@example.com',
    '\u200bnone\u200b',
    'ＮＡ',
  ]) {
    assert.equal(isNonAnswer(text), true, text);
  }
});

test('what says something is an answer, however short', () => {
  for (const text of [
    'ok',
    'nothing special',
    'Nichts Besonderes',
    'Ничего особенного',
    'Próxima',
    'Geç',
    'pas',
    'passed',
    'Okay.',
    'good',
    'gut',
    'bad',
    'yes',
    'all good',
    'nothing to complain about',
    'No problems at all',
    'No parking',
    'not good',
    'nichts funktioniert',
    'None of it works',
    'never',
    'nul',
    'нет слов',
    'X-ray was late',
    '👍',
    '👎',
    '😡',
    '❤️',
    '👨‍👩‍👧',
    '🇩🇪',
    '★★★★★',
    '♥',
    ':)',
    ':-(',
    '=)',
    ';-)',
    ':/',
    '^^',
    '<3',
    '(:',
    '>:(',
    '3/5',
    '9/10',
    '5 stars',
    '100%',
    '5!',
    'see https://example.com',
    '差',
    '良い',
    'no!!',
  ]) {
    assert.equal(isNonAnswer(text), false, text);
  }
});

test('every language of the default bundle has its non-answers, and the page lists all of them', async () => {
  const { manifest } = await loadBundle(await findBundle(undefined));
  for (const language of manifest.languages) assert.ok((nonAnswers[language]?.length ?? 0) >= 5, language);
  const page = readFileSync(join(repositoryRoot, 'docs', 'files.md'), 'utf8');
  for (const [language, texts] of Object.entries(nonAnswers)) {
    const line = page.split('\n').find((each) => each.startsWith(`- **${language}**: `));
    assert.equal(line, `- **${language}**: ${texts.map((text) => `\`${text}\``).join(', ')}`);
  }
});
