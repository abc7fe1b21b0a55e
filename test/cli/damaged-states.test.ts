import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import type { Checkpoint } from '../../src/pipeline/checkpoint-fields.ts';
import { makeCsv } from '../support/few-texts.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { failAtCall, type Finished, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const output = 'out.csv';
const part = 'out.csv.part';
const checkpoint = 'out.csv.checkpoint.json';
const rejects = 'rejects.jsonl';
const args = ['score', 'in.csv', '-o', output, '--rejects', rejects, '--max-rejects', '5%'];
const bundle = ['-m', join(fixturesDirectory, 'bundle'), '-w', '1'];

type Damage = (directory: string) => void;

function inFolder(change: (path: string) => void, name: string): Damage {
  return (directory) => change(join(directory, name));
}

const cut = (name: string, bytes: number): Damage => inFolder((path) => truncateSync(path, bytes), name);
const remove = (name: string): Damage => inFolder((path) => rmSync(path), name);
const write = (name: string, content: string): Damage =>
  inFolder((path) => writeFileSync(path, content), name);
const zero = (name: string, at: number): Damage =>
  inFolder((path) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, at, at + 4));
  }, name);
const linkElsewhere = (name: string): Damage =>
  inFolder((path) => {
    renameSync(path, `${path}.elsewhere`);
    symlinkSync(`${path}.elsewhere`, path);
  }, name);
const putFolder = (name: string): Damage =>
  inFolder((path) => {
    rmSync(path);
    mkdirSync(path);
  }, name);

/** Changes fields of the checkpoint. @param seal as whoever knows the format would: the checksum is right again */
function edit(change: (fields: Checkpoint) => void, seal = false): Damage {
  return inFolder((path) => {
    const { checksum, ...fields } = JSON.parse(readFileSync(path, 'utf8')) as Checkpoint & {
      checksum: string;
    };
    change(fields);
    const json = JSON.stringify(fields).slice(0, -1);
    const sum = seal ? createHash('sha256').update(json).digest('hex') : checksum;
    writeFileSync(path, `${json},"checksum":"${sum}"}\n`);
  }, checkpoint);
}

const damages: Record<string, Damage> = {
  'a part that is cut short': cut(part, 1000),
  'a part that is short by a byte': (directory) => {
    const fields = JSON.parse(readFileSync(join(directory, checkpoint), 'utf8')) as Checkpoint;
    truncateSync(join(directory, part), fields.output.bytes - 1);
  },
  'a part that is lost': remove(part),
  'a part with zeros in it': zero(part, 5000),
  'a part that is a link': linkElsewhere(part),
  'a part that is a folder': putFolder(part),
  'rejects that are cut short': cut(`${rejects}.part`, 10),
  'rejects that are lost': remove(`${rejects}.part`),
  'rejects with zeros in them': zero(`${rejects}.part`, 50),
  'a checkpoint that is cut short': cut(checkpoint, 200),
  'a checkpoint that is empty': write(checkpoint, ''),
  'a checkpoint that is something else': write(checkpoint, '{"checkpoint_version":2}\n'),
  'a checkpoint with zeros in it': zero(checkpoint, 30),
  'bytes that are off by 5': edit((fields) => (fields.output.bytes += 5)),
  'bytes that are off by 5, under a right checksum': edit((fields) => (fields.output.bytes += 5), true),
  'bytes that are less, under a right checksum': edit((fields) => (fields.output.bytes -= 5), true),
  'other counts': edit((fields) => (fields.tally.counts.scored += 1)),
  'counts that do not add up, under a right checksum': edit(
    (fields) => (fields.tally.counts.scored += 1),
    true,
  ),
  'counts below 0, under a right checksum': edit((fields) => (fields.tally.counts.tokens = -1), true),
  'a count that is no number, under a right checksum': edit((fields) => {
    fields.tally.labels['sentiment'] = { positive: '3' as unknown as number };
  }, true),
  'a run that says it is complete': edit((fields) => (fields.complete = true)),
  'a run that says so under a right checksum': edit((fields) => (fields.complete = true), true),
  'no hash of an input, under a right checksum': edit((fields) => {
    fields.read = [{ bytes: 1, sha256: '' }];
  }, true),
  'an older format': edit((fields) => (fields.checkpoint_version = 1 as 2), true),
};

/** One of each kind is gone on with by force, too, which takes a whole run. */
const startedOver = new Set([
  'a part that is short by a byte',
  'a part that is lost',
  'a part that is a link',
  'rejects with zeros in them',
  'a checkpoint that is cut short',
  'bytes that are off by 5, under a right checksum',
]);

/** Whatever is left over of a run, and no more than that: the name of a temporary file, or of a lock. */
const leftOver = /part$|checkpoint|tmp|lock/;

test('what a killed run left is checked before it is gone on from; --force starts over and says so', async (t) => {
  const { start, expected } = await halfRun(scratchDirectory(t));
  const work = join(scratchDirectory(t), 'work');
  for (const [name, damage] of Object.entries(damages)) {
    cpSync(start, work, { recursive: true, preserveTimestamps: true });
    damage(work);
    const refused = await run(work, ['--resume']);
    assert.equal(refused.code, exitCodes.usage, `${name}: ${refused.stderr}`);
    assert.match(refused.stderr, /Expected .*(\.part to hold|a checkpoint of this version)[^]*--force/, name);
    assert.equal(existsSync(join(work, output)), false, name);
    if (startedOver.has(name)) {
      const forced = await run(work, ['--resume', '--force']);
      assert.equal(forced.code, exitCodes.ok, `${name}: ${forced.stderr}`);
      assert.match(forced.stderr, /^Starting over: Expected /m, name);
      assert.deepEqual(contents(work), expected, name);
      assert.deepEqual(
        readdirSync(work).filter((file) => leftOver.test(file)),
        [],
        name,
      );
    }
    rmSync(work, { recursive: true });
  }
});

test('a run that lost its checkpoint starts over and says so', async (t) => {
  const { start, expected } = await halfRun(scratchDirectory(t));
  rmSync(join(start, checkpoint));
  const again = await run(start, ['--resume']);
  assert.equal(again.code, exitCodes.ok, again.stderr);
  assert.match(again.stderr, /^Starting over: No checkpoint beside .*out\.csv\.part tells what it holds/m);
  assert.deepEqual(contents(start), expected);
});

const damagesOfComplete: Record<string, Damage> = {
  'a part cut to 40 bytes': cut(part, 40),
  'a part that is lost': remove(part),
  'a part with zeros in it': zero(part, 5000),
  'a part that is a link': linkElsewhere(part),
  'rejects that are lost': remove(`${rejects}.part`),
  'rejects that are others': write(`${rejects}.part`, '{}\n'),
  'a manifest that is another': write('out.csv.manifest.json.part', '{}\n'),
};

test('a run that only lacks names gives none to other files', async (t) => {
  const { start, expected } = await completeRun(scratchDirectory(t));
  const work = join(scratchDirectory(t), 'work');
  cpSync(start, work, { recursive: true, preserveTimestamps: true });
  const named = await run(work, ['--resume']);
  assert.equal(named.code, exitCodes.ok, named.stderr);
  assert.deepEqual(contents(work), expected);
  rmSync(work, { recursive: true });
  for (const [name, damage] of Object.entries(damagesOfComplete)) {
    cpSync(start, work, { recursive: true, preserveTimestamps: true });
    damage(work);
    const refused = await run(work, ['--resume']);
    assert.equal(refused.code, exitCodes.usage, `${name}: ${refused.stderr}`);
    assert.match(refused.stderr, /Expected .*\.part to hold the \d+ bytes that were written to it/, name);
    assert.equal(existsSync(join(work, output)), false, name);
    const forced = await run(work, ['--resume', '--force']);
    assert.equal(forced.code, exitCodes.ok, `${name}: ${forced.stderr}`);
    assert.match(forced.stderr, /^Starting over: /m, name);
    assert.deepEqual(contents(work), expected, name);
    rmSync(work, { recursive: true });
  }
});

/** A run that was killed, in a folder of its own, and what it would have written. */
interface Killed {
  start: string;
  expected: Record<string, string>;
}

/** A run that was killed behind its first checkpoint, in the middle of a write. */
async function halfRun(directory: string): Promise<Killed> {
  const killed = await killedRun(directory, (calls) => {
    const renames = calls.flatMap((call, index) => (call === 'rename' ? [index] : []));
    // The first one claims the place.
    return calls.indexOf('write', (renames[1] as number) + 3);
  });
  assert.equal(readState(killed.start).complete, false);
  assert.ok(readState(killed.start).tally.counts.rows > 0);
  return killed;
}

/** A run that was killed as it was about to give its output its name. */
async function completeRun(directory: string): Promise<Killed> {
  // The last three are those of output, rejects and manifest.
  const killed = await killedRun(directory, (calls) => nthLast(calls, 'rename', 3));
  assert.equal(readState(killed.start).complete, true);
  assert.ok(existsSync(join(killed.start, part)));
  return killed;
}

function nthLast(calls: string[], name: string, count: number): number {
  return calls.flatMap((call, index) => (call === name ? [index] : [])).at(-count) ?? -1;
}

/** @param choose of all calls that change a file, the index of the one to be killed at */
async function killedRun(directory: string, choose: (calls: string[]) => number): Promise<Killed> {
  const list = join(directory, 'calls');
  const [whole, start] = [join(directory, 'whole'), join(directory, 'start')];
  for (const folder of [whole, start]) {
    mkdirSync(folder);
    writeInput(folder);
  }
  assert.equal((await run(whole, [], { VOXPOP_CALLS_TO: list })).code, exitCodes.ok);
  const at = choose(readFileSync(list, 'utf8').trimEnd().split('\n')) + 1;
  const killed = await run(start, [], { VOXPOP_FAIL_AT: String(at), VOXPOP_FAIL_WITH: 'SIGKILL' });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  return { start, expected: contents(whole) };
}

function writeInput(directory: string): void {
  const path = join(directory, 'in.csv');
  writeFileSync(path, makeCsv(0, 10_000).replaceAll(/^(\d+00);/gm, '$1;too;many;'));
  // Full seconds come through a copy as they are.
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

async function run(cwd: string, more: string[], env?: Record<string, string>): Promise<Finished> {
  const preload = env === undefined ? {} : { node: ['--import', failAtCall], env };
  return runVoxpop([...args, ...bundle, ...more], { cwd, ...preload });
}

function readState(directory: string): Checkpoint {
  return JSON.parse(readFileSync(join(directory, checkpoint), 'utf8')) as Checkpoint;
}

function contents(directory: string): Record<string, string> {
  return Object.fromEntries(
    [output, rejects].map((name) => [name, readFileSync(join(directory, name)).toString('latin1')]),
  );
}
