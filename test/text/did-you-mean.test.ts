import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../../src/text/did-you-mean.ts';

const tasks = ['sentiment', 'emotion', 'topic'];

test('the nearest of the known names is found', () => {
  assert.equal(nearest('sentimnet', tasks), 'sentiment');
  assert.equal(nearest('emoton', tasks), 'emotion');
  assert.equal(nearest('Service Staff', ['food_drink', 'service_staff']), 'service_staff');
  assert.equal(nearest('review.bdy', ['review.title', 'review.body']), 'review.body');
});

test('a name that is like none of them is not guessed at', () => {
  assert.equal(nearest('mood', tasks), undefined);
  assert.equal(nearest('ab', ['cd']), undefined);
  assert.equal(nearest('sentiment', []), undefined);
});

test('the hint has what the user would type', () => {
  assert.equal(
    didYouMean('topc', tasks, (name) => `--tasks ${name}`),
    'Did you mean `--tasks topic`?',
  );
  assert.equal(didYouMean('mood', tasks), undefined);
});
