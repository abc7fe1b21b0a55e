import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CacheLevels } from '../../src/cache/cache-levels.ts';
import { secretPath } from '../../src/cache/secret.ts';
import { verifyCache } from '../../src/cache/verify-cache.ts';
import { OutputError, UsageError } from '../../src/errors.ts';
import { seededRandom } from '../../src/random.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { makeTexts, run, score, type Scored, settingsOf, shuffled } from './support.ts';

test('what one run predicted, every later one finds, in any order', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const texts = makeTexts(5000);
  assert.deepEqual(run(settingsOf(path), texts).hits, 0);
  const random = seededRandom(1);
  for (const order of [
    texts,
    texts.toReversed(),
    shuffled(texts, random),
    texts.filter(() => random() < 0.5),
  ]) {
    const { hits, notices } = run(settingsOf(path), order);
    assert.deepEqual([hits, notices], [order.length, []]);
  }
  assert.deepEqual(verifyCache(path).texts, 5000);
});

test('new, edited and deleted texts among known ones', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  let texts = makeTexts(3000);
  run(settingsOf(path), texts);
  const random = seededRandom(2);
  for (let night = 1; night <= 5; night++) {
    let known = 0;
    texts = texts.flatMap((text, index) => {
      const kind = random();
      if (kind < 0.02) return [];
      if (kind < 0.04) return [`edited on night ${night}, ${index}`];
      known++;
      return kind < 0.06 ? [text, `new on night ${night}, ${index}`] : [text];
    });
    assert.equal(run(settingsOf(path), texts).hits, known);
  }
  assert.equal(run(settingsOf(path), texts).hits, texts.length);
});

test('a text that comes again before it is written is found, too, and written once', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const levels = new CacheLevels(settingsOf(path));
  assert.equal(score(levels, ['a', 'b']).hits, 0);
  assert.equal(score(levels, ['b', 'c', 'a']).hits, 2);
  assert.equal(levels.close().texts, 3);
});

test('texts that differ in anything are other texts', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const texts = [
    '',
    ' ',
    'a',
    'A',
    'a ',
    'é',
    'e\u0301',
    '\ud800',
    '\ufffd',
    '\ud800\ud800',
    '\udc00',
    '\0',
    'a'.repeat(1e5),
  ];
  run(settingsOf(path), texts);
  assert.equal(run(settingsOf(path), texts).hits, texts.length);
  assert.equal(run(settingsOf(path), ['b', 'a\0', '\ud801', 'a'.repeat(1e5 + 1), '\ufffd\ufffd']).hits, 0);
});

test('predictions under other conditions are others, and stay', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const texts = makeTexts(200);
  const other = settingsOf(path, { version: '1.1.0' });
  assert.equal(run(settingsOf(path), texts).hits, 0);
  assert.equal(run(other, texts).hits, 0);
  assert.equal(run(settingsOf(path), texts).hits, 200);
  assert.equal(run(other, texts).end.texts, 400);
});

test('nothing of a text can be found in the files, and the secret is for its owner alone', (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'labels.cache');
  const texts = makeTexts(500, 'The nurse on ward seven was rude');
  run(settingsOf(path), texts);
  for (const name of readdirSync(directory)) {
    assert.equal(readFileSync(join(directory, name)).includes('nurse'), false, name);
  }
  assert.equal(statSync(secretPath(path)).mode & 0o777, 0o600);
  // The same texts in another cache have other hashes.
  const twin = join(directory, 'twin.cache');
  run(settingsOf(twin), texts);
  assert.notEqual(readFileSync(secretPath(twin), 'utf8'), readFileSync(secretPath(path), 'utf8'));
});

test('a cache that is only read gives to one that is written, and is not changed', (t) => {
  const directory = scratchDirectory(t);
  const [shared, own] = [join(directory, 'shared.cache'), join(directory, 'own.cache')];
  const texts = makeTexts(1000);
  run(settingsOf(shared), texts.slice(0, 600));
  const bytes = readFileSync(shared);
  assert.equal(run(settingsOf(undefined, { from: [shared] }), texts).hits, 600);
  assert.equal(run(settingsOf(own, { from: [shared] }), texts).hits, 600);
  assert.deepEqual(readFileSync(shared), bytes);
  // What was found elsewhere is in the own one now.
  assert.equal(run(settingsOf(own), texts).hits, 1000);
  assert.deepEqual(readdirSync(directory).toSorted(), [
    'own.cache',
    'own.cache.secret',
    'shared.cache',
    'shared.cache.secret',
  ]);
});

test('a cache is found in a folder that nobody can write to', (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'labels.cache');
  run(settingsOf(path), makeTexts(300));
  chmodSync(path, 0o444);
  chmodSync(directory, 0o555);
  try {
    assert.equal(run(settingsOf(undefined, { from: [path] }), makeTexts(300)).hits, 300);
  } finally {
    chmodSync(directory, 0o755);
  }
});

test('one process writes; a second one reads what is there, and says so', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  run(settingsOf(path), makeTexts(500));
  const first = new CacheLevels(settingsOf(path));
  score(first, makeTexts(100, 'first'));
  const second = run(settingsOf(path), [...makeTexts(500), ...makeTexts(500, 'second')]);
  assert.equal(second.hits, 500);
  assert.equal(second.end.texts, undefined);
  assert.match(second.notices.join('\n'), /is being written by another process: it is only read/);
  assert.equal(second.notices.length, 1);
  assert.equal(score(first, makeTexts(600)).hits, 500);
  assert.equal(first.close().texts, 700);
});

test('least recently used entries go first, and the file stays as small as it should', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const sizeBytes = 1_000_000;
  const [often, once] = [makeTexts(2000, 'often'), makeTexts(2000, 'once')];
  run(settingsOf(path, { sizeBytes }), [...often, ...once]);
  for (let night = 0; night < 12; night++) {
    assert.equal(
      run(settingsOf(path, { sizeBytes }), [...often, ...makeTexts(1500, `night ${night}`)]).hits,
      2000,
    );
    assert.ok(statSync(path).size <= sizeBytes, `${statSync(path).size} bytes`);
  }
  assert.ok(run(settingsOf(path, { sizeBytes }), once).hits === 0);
  assert.equal(run(settingsOf(path, { sizeBytes }), often).hits, 2000);
  verifyCache(path);
});

test('a run that uses more than the cache may hold keeps what fits, and says so', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const settings = settingsOf(path, { sizeBytes: 1_000_000 });
  const texts = makeTexts(30_000);
  const { notices, end } = run(settings, texts);
  assert.match(
    notices.join('\n'),
    /is full with what this run used: \d+ predictions were not kept; --cache-size/,
  );
  assert.ok(statSync(path).size <= 1_000_000);
  const kept = end.texts as number;
  assert.ok(kept > 8000, `${kept}`);
  // What was kept is not pushed out by the rest of the same texts.
  const { hits } = run(settings, texts);
  assert.ok(hits > 0.9 * kept, `${hits} of ${kept}`);
});

test('a smaller limit than before makes the file smaller', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  const texts = makeTexts(40_000);
  run(settingsOf(path), texts);
  run(settingsOf(path, { sizeBytes: 1_500_000 }), []);
  assert.ok(statSync(path).size <= 1_500_000);
  assert.ok(run(settingsOf(path), texts).hits > 8000);
  verifyCache(path);
});

test('a damaged cache is never believed and never fatal: it is set aside and named', (t) => {
  const directory = scratchDirectory(t);
  const [whole, path] = [join(directory, 'whole.cache'), join(directory, 'labels.cache')];
  const texts = makeTexts(2000);
  run(settingsOf(whole), texts);
  const bytes = readFileSync(whole);
  copyFileSync(secretPath(whole), secretPath(path));
  const random = seededRandom(3);
  let aside = 0;
  for (let round = 0; round < 150; round++) {
    const damaged = Buffer.from(bytes);
    if (round % 3 === 0) damaged.fill(round, Math.floor(random() * bytes.length));
    else if (round % 3 === 1) {
      const at = Math.floor(random() * bytes.length);
      damaged[at] = (damaged[at] as number) ^ (1 << Math.floor(random() * 8));
    }
    writeFileSync(path, round % 3 === 2 ? damaged.subarray(0, Math.floor(random() * bytes.length)) : damaged);
    const { notices } = run(settingsOf(path), texts);
    if (notices.length > 0) {
      aside++;
      assert.match(
        notices.join('\n'),
        /is damaged \(.*\): it is set aside as .*\.damaged-\d+, and a new one is begun/,
      );
    }
    // What was found before the damage was met is computed by the next run; then everything is there again. Where a
    // changed bit has put the index out of order, single texts may take another run to be found.
    const after = Array.from({ length: 4 }, () => run(settingsOf(path), texts));
    assert.deepEqual(
      after.flatMap((each) => each.notices),
      [],
    );
    assert.ok((after[1] as Scored).hits > 1990, `${after[1]?.hits} in round ${round}`);
    assert.equal(after.at(-1)?.hits, 2000, `round ${round}`);
    if (notices.length > 0) verifyCache(path);
    for (const name of readdirSync(directory)) if (name.includes('damaged')) rmSync(join(directory, name));
  }
  assert.ok(aside > 60, `${aside}`);
});

test('a cache without its secret, or with another one, is set aside', (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'labels.cache');
  const texts = makeTexts(100);
  for (const spoil of [
    () => rmSync(secretPath(path)),
    () => writeFileSync(secretPath(path), `${'ab'.repeat(32)}\n`),
    () => writeFileSync(secretPath(path), 'nonsense'),
  ]) {
    run(settingsOf(path), texts);
    spoil();
    const { hits, notices } = run(settingsOf(path), texts);
    assert.equal(hits, 0);
    assert.match(notices.join('\n'), /secret.*set aside/);
    assert.equal(run(settingsOf(path), texts).hits, 100);
  }
});

test('files that are no caches are left alone', (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'feedback.csv');
  writeFileSync(path, 'id,comment\n1,good\n');
  assert.throws(
    () => new CacheLevels(settingsOf(path)),
    (error) => error instanceof UsageError && error.code === 'CACHE_INVALID',
  );
  assert.throws(() => new CacheLevels(settingsOf(directory)), { code: 'CACHE_INVALID' });
  assert.throws(() => new CacheLevels(settingsOf(join(directory, 'no', 'labels.cache'))), {
    code: 'CACHE_FOLDER_NOT_FOUND',
  });
  assert.throws(() => new CacheLevels(settingsOf(undefined, { from: [join(directory, 'none')] })), {
    code: 'CACHE_NOT_FOUND',
  });
  assert.equal(readFileSync(path, 'utf8'), 'id,comment\n1,good\n');
  assert.equal(existsSync(secretPath(path)), false);
  const shared = join(directory, 'shared.cache');
  run(settingsOf(shared), ['a']);
  rmSync(secretPath(shared));
  assert.throws(() => new CacheLevels(settingsOf(undefined, { from: [shared] })), {
    code: 'CACHE_SECRET_NOT_FOUND',
  });
});

test('an empty file becomes a cache; one of a later version is left alone, and said to be', (t) => {
  const path = join(scratchDirectory(t), 'labels.cache');
  writeFileSync(path, '');
  run(settingsOf(path), ['a']);
  assert.equal(run(settingsOf(path), ['a']).hits, 1);
  const bytes = readFileSync(path);
  bytes.writeUInt32BE(99, 60);
  writeFileSync(path, bytes);
  const { hits, notices } = run(settingsOf(path), ['a']);
  assert.equal(hits, 0);
  assert.match(notices.join('\n'), /was made by a later version of voxpop: the run goes on without it/);
  assert.deepEqual(readFileSync(path), bytes);
});

test('a shared cache that is damaged, or knows nothing of this bundle, is said to be of no use', (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'shared.cache');
  const texts = makeTexts(1000);
  run(settingsOf(path), texts);
  const other = settingsOf(undefined, {
    from: [path],
    version: '1.1.0',
  });
  assert.match(run(other, texts).notices.join('\n'), /holds nothing that was predicted as in this run/);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(7, bytes.length / 4, bytes.length / 2));
  const { notices } = run(settingsOf(undefined, { from: [path] }), texts);
  assert.match(notices.join('\n'), /the run goes on without it/);
  assert.deepEqual(readFileSync(path), bytes);
});

test('a place where nothing can be written is an error before the run', () => {
  // Nobody can make files there; other systems have no such folder.
  const refusal = existsSync('/proc') ? OutputError : UsageError;
  assert.throws(() => new CacheLevels(settingsOf('/proc/labels.cache')), refusal);
});
