/**
 * `npm run test:fast`: the tests of the rooms alone, for a change in the making. Left out is what starts processes, waits
 * for them, or reads a lot; `npm test` runs everything. Files share processes, one for each core: starting one for each
 * file takes longer than most of their tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const slowFolders = ['bench', 'cli'];
const slowFiles =
  'api cache-levels corpora crashes docs fixtures hostile memory network survey untouched'.split(' ');

const folder = join(import.meta.dirname, '..');
const isSlow = (path: string): boolean =>
  slowFolders.some((name) => path.startsWith(`${name}/`)) ||
  slowFiles.some((name) => path.split('/').at(-1) === `${name}.test.js`);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.test.js') && !isSlow(path))
  .toSorted();

const cores = availableParallelism();
const groups = mkdtempSync(join(tmpdir(), 'voxpop-fast-'));
try {
  const names = Array.from({ length: cores }, (_, group) => {
    const imports = files
      .filter((_file, index) => index % cores === group)
      .map((path) => `import ${JSON.stringify(pathToFileURL(join(folder, path)).href)};\n`);
    const name = join(groups, `${group}.mjs`);
    writeFileSync(name, imports.join(''));
    return name;
  });
  const { status } = spawnSync(process.execPath, ['--test', `--test-concurrency=${cores}`, ...names], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(groups, { recursive: true });
}
