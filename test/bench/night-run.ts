/**
 * One run of `score` in a process of its own: `node night-run.js <input> <output> <model> <workers> <cache> <since>`, `-`
 * for no cache or no earlier file; result as JSON on stdout.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { score } from '../../src/score.ts';

export interface NightRun {
  rows: number;
  new: number;
  changed: number;
  deleted: number;
  hits: number;
  misses: number;
  /** Processor time of all threads, start included. */
  cpuSeconds: number;
  elapsedSeconds: number;
  peakRssMb: number;
  sha256: string;
}

const [input, output, model, workers, cache, since] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const startedMs = performance.now();
const summary = await score({
  inputs: [input],
  output,
  model,
  text: ['comment'],
  workers: Number(workers),
  ...(cache === '-' ? {} : { cache }),
  ...(since === '-' ? {} : { since, key: ['id'] }),
});
const elapsedSeconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage();
const result: NightRun = {
  rows: summary.rows,
  new: summary.changes?.new ?? summary.rows,
  changed: summary.changes?.changed ?? 0,
  deleted: summary.changes?.deleted ?? 0,
  hits: summary.hits,
  misses: summary.misses,
  cpuSeconds: (user + system) / 1e6,
  elapsedSeconds,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
  sha256: createHash('sha256').update(readFileSync(output)).digest('hex'),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
