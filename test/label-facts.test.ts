import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LabelFacts, noLabelFacts, readLabelFacts, renameLabelFacts } from '../src/label-facts.ts';

const facts: LabelFacts = {
  roles: {
    negative: { task: 'mood', labels: ['bad', 'awful'] },
    topic: { task: 'theme', labels: [] },
  },
  names: { mood: { bad: 'Bad', fine: 'Fine' } },
  confusion: { mood: { bad: { bad: 5, awful: 2 }, awful: { bad: 1, awful: 4 }, fine: { fine: 9 } } },
  hits: {
    theme: { x: { hit: 1, missed: 2, wrong: 3, none: 4 }, y: { hit: 1, missed: 0, wrong: 0, none: 9 } },
  },
};

test('what is not of the form is passed over', () => {
  assert.deepEqual(readLabelFacts(facts), facts);
  for (const value of [undefined, null, 5, [], {}]) assert.deepEqual(readLabelFacts(value), noLabelFacts);
  assert.deepEqual(
    readLabelFacts({
      roles: { negative: { task: 'mood' }, other: { task: 'mood', labels: [] } },
      names: { mood: { bad: 7 }, theme: 'x' },
      confusion: { mood: { bad: { bad: -1, fine: 2 } } },
      hits: { theme: { x: { hit: 1 } } },
    }),
    {
      roles: {},
      names: { mood: {}, theme: {} },
      confusion: { mood: { bad: { fine: 2 } } },
      hits: { theme: {} },
    },
  );
});

test('facts follow labels under new names, and merged labels', () => {
  const rename = (_: string, label: string): string =>
    ({ bad: 'Poor', awful: 'Poor', y: '__proto__' })[label] ?? label;
  const renamed = renameLabelFacts(facts, ['mood', 'theme'], rename);
  assert.deepEqual(renamed.roles.negative, { task: 'mood', labels: ['Poor'] });
  assert.deepEqual(renamed.names, { mood: { fine: 'Fine' } });
  assert.deepEqual(renamed.confusion, { mood: { Poor: { Poor: 12 }, fine: { fine: 9 } } });
  assert.deepEqual(Object.keys(renamed.hits['theme'] ?? {}), ['x', '__proto__']);
  // A text can have several labels of a task, so that counts of merged ones do not add up.
  assert.deepEqual(Object.keys(renameLabelFacts(facts, ['theme'], () => 'z').hits['theme'] ?? {}), []);
  // Roles of a task that was not scored stay as they are.
  assert.deepEqual(renameLabelFacts(facts, ['theme'], rename).roles, facts.roles);
});
