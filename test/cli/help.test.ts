import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { runMain } from '../support/run-main.ts';

test('help that lists exit codes lists those of all signals', async () => {
  const { hungUp, interrupted, terminated } = exitCodes;
  let lists = 0;
  for (const name of ['score', 'merge', 'evaluate', 'compare', 'report', 'review', 'teach']) {
    const { stdout } = await runMain([name, '--help']);
    const [, list] = /Exit codes: ([^]*)\.\n/u.exec(stdout) ?? [];
    if (list === undefined) continue;
    lists++;
    assert.ok(list.includes(`${hungUp}/${interrupted}/${terminated} interrupted`), `${name}: ${list}`);
  }
  assert.equal(lists, 7);
});
