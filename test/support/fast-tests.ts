/**
 * `npm run test:fast`: the tests of the rooms alone, for a change in the making. Left out is what starts processes, waits
 * for them, or reads hundreds of megabytes; `npm test` runs everything.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const slowFolders = ['bench', 'cli'];
const slowFiles = ['api', 'docs', 'fixtures', 'memory', 'network', 'hostile', 'crashes'];

const folder = join(import.meta.dirname, '..');
const isSlow = (path: string): boolean =>
  slowFolders.some((name) => path.startsWith(`${name}/`)) ||
  slowFiles.some((name) => path.split('/').at(-1) === `${name}.test.js`);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.test.js') && !isSlow(path))
  .map((path) => join(folder, path));
const { status } = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
