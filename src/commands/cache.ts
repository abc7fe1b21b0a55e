import { Command } from 'commander';
import type { Conditions } from '../cache/conditions.ts';
import type { CacheInfo } from '../cache/inspect-cache.ts';
import { expectNumber, parseSize, toNumber } from '../options.ts';
import { count, counted, megabytes } from '../text/numbers.ts';
import type { Terminal } from './terminal.ts';

const file = ['<cache>', 'file that a run with --cache has made'] as const;

/** What works on files is imported when it is asked for: other commands do not need the store that it brings. */
export function cacheCommand(terminal: Terminal): Command {
  const command = new Command('cache').description('Look into, check and shrink a cache of predictions.');
  const print = (text: string): void => void terminal.stdout.write(text);
  command
    .command('info')
    .description('what a cache holds: texts, bytes, and what predicted them')
    .argument(...file)
    .option('--json', 'as JSON')
    .action(async (path: string, flags: { json?: boolean }) => {
      const { inspectCache } = await import('../cache/inspect-cache.ts');
      const info = inspectCache(path);
      print(flags.json === true ? `${JSON.stringify(info, null, 2)}\n` : describe(info));
    });
  command
    .command('verify')
    .description('read all of a cache, and check that every entry is as it was written')
    .argument(...file)
    .action(async (path: string) => {
      const { verifyCache } = await import('../cache/verify-cache.ts');
      const { texts, blocks } = verifyCache(path);
      print(`${path} is valid: ${counted(texts, 'text')} in ${counted(blocks, 'block')}\n`);
    });
  command
    .command('prune')
    .description('remove what newer bundles and versions took the place of, and make the file smaller')
    .argument(...file)
    .option('--unused-days <count>', 'remove what no run used for so many days, too', toNumber)
    .option('--cache-size <size>', 'and what was not used for longest, down to this size, e.g. 500MB')
    .action(async (path: string, flags: { unusedDays?: number; cacheSize?: string }) => {
      expectNumber('unused-days', flags.unusedDays, 0);
      const size = flags.cacheSize === undefined ? undefined : parseSize('cache-size', flags.cacheSize, 1e6);
      const { pruneCache } = await import('../cache/prune-cache.ts');
      const { outdated, texts, textsLeft, bytesBefore, bytes } = pruneCache(path, {
        unusedDays: flags.unusedDays,
        size,
      });
      for (const conditions of outdated) print(`removed ${nameOf(conditions)}\n`);
      print(
        `${counted(texts, 'text')} removed, ${count(textsLeft)} left, ${megabytes(bytesBefore)} -> ${megabytes(bytes)} MB\n`,
      );
    });
  command
    .command('clear')
    .description('remove a cache, and the secret that belongs to it')
    .argument(...file)
    .action(async (path: string) => {
      const { clearCache } = await import('../cache/prune-cache.ts');
      const { bytes } = clearCache(path);
      print(`removed ${path}, ${megabytes(bytes)} MB, and its secret\n`);
    });
  return command;
}

function describe({ path, bytes, texts, keptBytes, runs, conditions }: CacheInfo): string {
  const perText = (all: number): string => (texts === 0 ? '0' : String(Math.round(all / texts)));
  const lines: [string, string][] = [
    ['file', `${path}, ${megabytes(bytes)} MB`],
    ['texts', count(texts)],
    ['bytes per text', `${perText(bytes)}, of which ${perText(keptBytes)} must be kept`],
    ['runs', count(runs)],
    ...conditions.map((each): [string, string] => [
      'predicted by',
      `${nameOf(each.conditions)}: ${counted(each.texts, 'text')}, last used ${each.lastUsedAt}`,
    ]),
  ];
  return lines.map(([key, value]) => `${key.padEnd(16)}${value}\n`).join('');
}

function nameOf({ bundle, tasks, thresholds, keepNonAnswers, voxpop }: Conditions): string {
  const raised = Object.entries(thresholds).map(([task, value]) => `${task}=${value}`);
  const options = [
    tasks.join(' '),
    ...(raised.length === 0 ? [] : [`thresholds ${raised.join(' ')}`]),
    ...(keepNonAnswers ? ['non-answers too'] : []),
  ];
  return `${bundle.name} ${bundle.version} (${bundle.sha256.slice(0, 12)}), voxpop ${voxpop}, ${options.join(', ')}`;
}
