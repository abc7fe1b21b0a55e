import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPredictor } from '../../src/index.ts';
import { sentenceCutter } from '../../src/text/sentences.ts';
import { contrastSentences, rightHalves } from '../support/contrast-sentences.ts';

test('the halves of contrasting sentences are told apart in every language, and most are right', async () => {
  const predictor = await loadPredictor(undefined, { tasks: ['sentiment'] });
  const sentences = contrastSentences();
  const { languages } = predictor.bundle.manifest;
  for (const language of languages) {
    assert.equal(sentences.filter((sentence) => sentence.language === language).length, 10, language);
  }
  const cut = sentenceCutter(languages);
  for (const { text } of sentences) assert.equal(cut(text).length, 2, text);
  for (const [language, count] of await rightHalves(predictor))
    assert.ok(count >= 8, `${count} of 10, ${language}`);
});
