/**
 * `npm run bench [-- --rows 20000 --rounds 3 --model voxpop-mini --texts file.jsonl --linear 100000 --write]`: where
 * the time goes, how near the whole comes to the session alone, and what a second worker brings. Stages are run in
 * turn, round by round, so that a busy machine slows all of them alike: compare the figures of one run with each
 * other, not with those of another. `--linear` adds a file of so many rows; `--write` puts the figures into RESULTS.md.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultBundle, findBundle } from '../../src/bundle/find-bundle.ts';
import type { Breakdown } from './breakdown.ts';
import { makeInput } from './make-input.ts';
import { machine, median, table, writeResults } from './results.ts';
import type { Measurement, Stage } from './stage.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string', default: defaultBundle },
    texts: { type: 'string' },
    linear: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(flags.rows);
const runs: { name: string; stage: Stage; workers: number }[] = [
  { name: 'read+write', stage: 'read+write', workers: 1 },
  { name: '+ tokenise', stage: '+tokenise', workers: 1 },
  { name: 'full, 1 worker', stage: 'full', workers: 1 },
  { name: 'full, 2 workers', stage: 'full', workers: 2 },
];
const large = 'full, 1 worker, large file';

const directory = mkdtempSync(join(tmpdir(), 'voxpop-bench-'));
try {
  const bundle = await findBundle(flags.model);
  const input = join(directory, 'input.csv');
  const shape = { emptyShare: 0.1, duplicateShare: 0.2, texts: flags.texts };
  await makeInput(input, { ...shape, rows });
  const largeInput = join(directory, 'large.csv');
  if (flags.linear !== undefined) await makeInput(largeInput, { ...shape, rows: Number(flags.linear) });

  const measured = new Map<string, Measurement[]>();
  const breakdowns: Breakdown[] = [];
  const add = (name: string, result: Measurement): number =>
    measured.set(name, [...(measured.get(name) ?? []), result]).size;
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const { name, stage, workers } of runs) {
      const result = run('stage.js', stage, input, bundle, String(workers)) as Measurement;
      assert.equal(result.rows, rows, `${name}: every row must come out`);
      add(name, result);
    }
    breakdowns.push(run('breakdown.js', undefined, input, bundle) as Breakdown);
    if (flags.linear !== undefined)
      add(large, run('stage.js', 'full', largeInput, bundle, '1') as Measurement);
  }
  const full = runs.filter(({ stage }) => stage === 'full').flatMap(({ name }) => measured.get(name) ?? []);
  assert.equal(new Set(full.map(({ sha256 }) => sha256)).size, 1, 'all full runs must write the same bytes');
  const manifest = readFileSync(join(bundle, 'bundle.json'), 'utf8');
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const text = report(measured, breakdowns, `${name} ${version}`);
  process.stdout.write(`${text}\n`);
  const chapter = 'Where the time goes';
  if (flags.write) writeResults(name === defaultBundle ? chapter : `${chapter}, ${name}`, text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function run(script: string, stage: Stage | undefined, input: string, ...more: string[]): unknown {
  const args = [join(import.meta.dirname, script), ...(stage === undefined ? [] : [stage]), input];
  args.push(join(directory, 'output.csv'), ...more);
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as unknown;
}

function report(measured: Map<string, Measurement[]>, breakdowns: Breakdown[], bundle: string): string {
  const lines = [['stage', 'rows/s', 'tokens/s', 'MB/s', 'rows/s once loaded', 'peak RSS MB']];
  for (const [name, results] of measured) {
    const perSecond = (key: 'rows' | 'tokens' | 'bytesRead'): number =>
      median(results.map((result) => (result[key] / result.elapsedMs) * 1000));
    const warm = median(results.map((result) => result.warmRowsPerSecond));
    lines.push([
      name,
      perSecond('rows').toFixed(0),
      perSecond('tokens').toFixed(0),
      (perSecond('bytesRead') / 1e6).toFixed(2),
      warm === 0 ? '' : warm.toFixed(0),
      median(results.map((result) => result.peakRssMb)).toFixed(0),
    ]);
  }
  const of = (name: string): Measurement[] => measured.get(name) ?? [];
  const one = of('full, 1 worker');
  /** Median over the rounds of a ratio within a round. */
  const ratio = (others: Measurement[], value: (result: Measurement) => number): number =>
    median(others.map((result, round) => value(result) / value(one[round] as Measurement)));
  const ofCeiling = median(
    one.map(
      (result, round) =>
        (result.warmRowsPerSecond * (result.tokens / result.rows)) /
        (breakdowns[round] as Breakdown).ceilingTokensPerSecond,
    ),
  );
  const two = of('full, 2 workers');
  const facts = [
    `two workers: ${ratio(two, (result) => result.warmRowsPerSecond).toFixed(2)}x of one once models are loaded, ` +
      `${ratio(two, (result) => result.rows / result.elapsedMs).toFixed(2)}x with loading`,
    `end to end, one worker: ${percent(ofCeiling)} of the session alone on packed batches ` +
      `(${median(breakdowns.map((each) => each.ceilingTokensPerSecond)).toFixed(0)} tokens/s)`,
    `padding: ${percent(median(breakdowns.map((each) => each.padShare)))} of the tokens computed`,
    `main thread busy: ${percent(median(two.map((result) => result.mainThreadBusy)))} with two workers`,
    `first rows after ${median(one.map((result) => result.firstShardMs)).toFixed(0)} ms with one worker, ` +
      `${median(two.map((result) => result.firstShardMs)).toFixed(0)} ms with two`,
    `repeated texts computed once: ${percent(median(one.map((result) => result.duplicateShareFound)))}`,
  ];
  if (flags.linear !== undefined) {
    facts.push(
      `a file of ${flags.linear} rows: ${ratio(of(large), (result) => result.warmRowsPerSecond).toFixed(2)}x the rows/s, ` +
        `${ratio(of(large), (result) => result.peakRssMb).toFixed(2)}x the memory`,
    );
  }
  const names = Object.keys((breakdowns[0] as Breakdown).stages);
  const shares = names.map((name) => {
    const share = ({ stages }: Breakdown): number =>
      (stages[name] as number) / Object.values(stages).reduce((sum, ms) => sum + ms, 0);
    return [
      name,
      median(breakdowns.map(({ stages }) => stages[name] as number)).toFixed(0),
      percent(median(breakdowns.map(share))),
    ];
  });
  const source = flags.texts === undefined ? 'fixtures/feedback.csv' : basename(flags.texts);
  return [
    `${rows} rows with the lengths and languages of ${source}, 10 % empty and 20 % repeated comments; ` +
      `${bundle}; medians of ${flags.rounds} rounds in turn.`,
    table(lines),
    facts.map((fact) => `- ${fact}`).join('\n'),
    'Processor time of each stage alone, in one thread:',
    table([['stage', 'ms', 'share'], ...shares]),
    `${machine()}.`,
  ].join('\n\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
