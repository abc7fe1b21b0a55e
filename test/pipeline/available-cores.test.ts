import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { availableCores } from '../../src/pipeline/available-cores.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Cores with these limits in the groups `/`, `/pod` and `/pod/job`, the last of which is ours. */
function coresWith(t: TestContext, limits: Record<string, string>, self = '0::/pod/job\n'): number {
  const directory = scratchDirectory(t);
  mkdirSync(join(directory, 'pod', 'job'), { recursive: true });
  for (const [group, limit] of Object.entries(limits))
    writeFileSync(join(directory, group, 'cpu.max'), limit);
  writeFileSync(join(directory, 'self'), self);
  return availableCores(directory, join(directory, 'self'));
}

test('a control group’s limit bounds the cores, its own or one further out, and is never below one', (t) => {
  assert.equal(coresWith(t, { 'pod/job': '100000 100000\n' }), 1);
  assert.equal(coresWith(t, { 'pod/job': 'max 100000\n', pod: '150000 100000\n' }), 1);
  assert.equal(coresWith(t, { 'pod/job': 'max 100000\n', '.': '20000 100000\n' }), 1);
  assert.equal(coresWith(t, { '.': '100000 100000\n' }, '0::/\n'), 1);
});

test('without a limit all cores are used', (t) => {
  const all = availableParallelism();
  assert.equal(coresWith(t, { 'pod/job': '99900000 100000\n' }), all);
  assert.equal(coresWith(t, { 'pod/job': 'max 100000\n' }), all);
  assert.equal(coresWith(t, { 'pod/job': 'what is this' }), all);
  assert.equal(coresWith(t, {}), all);
  assert.equal(coresWith(t, { 'pod/job': '100000 100000' }, '4:cpu:/pod/job\n'), all);
  assert.equal(availableCores('/none', '/none'), all);
});
