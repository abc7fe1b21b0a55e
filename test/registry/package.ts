/**
 * `npm run test:registry`: what `npm pack` makes, installed into an empty folder with the line that the pages give,
 * and compiled against as TypeScript projects do.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixturesDirectory, repositoryRoot } from '../support/paths.ts';
import { blocks, pages, readPage } from '../support/pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'voxpop-package-'));
const installed = join(folder, 'node_modules', 'voxpop');

/** Runs a line in the folder; what it prints on stderr stands in the error if it fails. */
function run(line: string, cwd = folder): string {
  return execFileSync('bash', ['-c', line], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the package', () => {
  // As the pages have it: the line that installs, and the one that scores a file.
  const lines = blocks(readPage('docs/library.md').text, 'sh')[0]?.trimEnd().split('\n') ?? [];
  const [install, score] = lines as [string, string];

  before(() => {
    run(`npm pack --pack-destination ${folder}`, repositoryRoot);
    run(install);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('labels a file after the line that installs it', () => {
    writeFileSync(join(folder, 'survey.csv'), readFileSync(join(fixturesDirectory, 'feedback.csv')));
    run(score);
    const rows = readFileSync(join(folder, 'survey.labelled.csv'), 'utf8').split('\n');
    assert.match(rows[0] as string, /,comment,sentiment,sentiment_score,/);
    assert.match(run('npx voxpop model list'), /voxpop-mini/);
  });

  test('holds what its pages link to', () => {
    for (const { path, text } of pages()) {
      for (const [, target] of text.matchAll(/\]\(([^)\s#]+)/g)) {
        const linked = join(dirname(path), target as string);
        // How voxpop itself is made is not part of it.
        if (/^(test|models\/training)\//.test(linked)) continue;
        assert.ok(existsSync(join(installed, linked)), `${path}: ${target}`);
      }
    }
  });

  /** Versions of TypeScript, and of Node's types that they can read. */
  const compilers = { '5.4': '20', latest: 'latest' };
  const projects = join(folder, 'types');
  before(() => {
    mkdirSync(projects);
    const packages = Object.keys(compilers).map(
      (version) => `typescript-${version}@npm:typescript@${version}`,
    );
    writeFileSync(join(projects, 'package.json'), '{ "type": "module" }');
    run(`npm install --ignore-scripts --no-audit --no-fund ${packages.join(' ')}`, projects);
    const examples = pages().flatMap(({ text }) => blocks(text, 'js', 'ts'));
    for (const [index, code] of examples.entries()) {
      writeFileSync(join(projects, `example-${index}.ts`), code);
    }
    const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true };
    writeFileSync(join(projects, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  });

  for (const [version, nodeTypes] of Object.entries(compilers)) {
    test(`the examples compile with TypeScript ${version}`, () => {
      run(`npm install --ignore-scripts --no-audit --no-fund @types/node@${nodeTypes}`);
      assert.equal(run(`node node_modules/typescript-${version}/bin/tsc -p . || true`, projects), '');
    });
  }
});
