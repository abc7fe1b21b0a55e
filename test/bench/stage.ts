/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `node stage.js <stage> <input> <output> <bundle> <workers>`, result as JSON on stdout.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { InputLog } from '../../src/pipeline/input-log.ts';
import { OutputSession } from '../../src/pipeline/output-session.ts';
import { Rejects } from '../../src/pipeline/rejects.ts';
import { scoreRows } from '../../src/pipeline/score-rows.ts';
import { writeRows } from '../../src/pipeline/write-rows.ts';
import { Tally } from '../../src/pipeline/tally.ts';
import { blankPredictions, type Shard, type ShardPredictions } from '../../src/protocol.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { openRecords } from '../../src/records/open-records.ts';
import { score } from '../../src/score.ts';
import { planScore } from '../../src/score-plan.ts';

export const stages = ['read+write', '+tokenise', 'full'] as const;
export type Stage = (typeof stages)[number];

export interface Measurement {
  rows: number;
  tokens: number;
  elapsedMs: number;
  /** Processor time of all threads, start included. */
  cpuSeconds: number;
  peakRssMb: number;
  bytesRead: number;
  sha256: string;
  /** Full runs: milliseconds until the first shard was written, models loaded. */
  firstShardMs: number;
  /** Full runs: rows per second after the first shard. */
  warmRowsPerSecond: number;
  /** Full runs: share of the time after the first shard in which the main thread was at work. */
  mainThreadBusy: number;
  /** Full runs: of the texts that repeat an earlier one, those that were not computed again. */
  duplicateShareFound: number;
}

const [stage, input, output, bundle, workers] = process.argv.slice(2) as [
  Stage,
  string,
  string,
  string,
  string,
];
const options = {
  inputs: [input],
  output,
  text: ['comment'],
  model: bundle,
  workers: Number(workers),
  force: true,
};

/** Taken before anything else is done with the output. */
let peakRssMb: number | undefined;

type Timing = Omit<Measurement, 'cpuSeconds' | 'peakRssMb' | 'sha256'>;

async function measure(): Promise<Timing> {
  if (stage === 'full') return measureFull();
  const startedMs = performance.now();
  const inputs = new InputLog(1);
  const plan = await planScore(options, (bytes, at) => inputs.add(bytes, at));
  const session = await OutputSession.open({
    target: output,
    gzip: undefined,
    rejectsPath: undefined,
    manifestPath: undefined,
    identity: {
      voxpop: '',
      bundle: plan.bundle,
      inputs: [{ path: input, bytes: undefined, modifiedMs: undefined }],
      options: {},
    },
    resume: false,
    force: true,
    mode: 0o666,
  });
  assert.ok(session);
  const tally = new Tally(plan.tasks);
  const predict = await makeScore(plan.bundlePath);
  const shards = scoreRows({
    rows: plan.records.rows(plan.textColumns),
    skip: 0,
    limit: Infinity,
    promptly: false,
    head: plan.records.head,
    scorer: { score: async (shard) => ({ predictions: await predict(shard), failures: [] }) },
    maxShardsInFlight: 1,
    signal: undefined,
  });
  await writeRows({
    shards,
    writer: plan.writer,
    session,
    rejects: new Rejects({ rows: 0 }, undefined),
    tally,
    headerApart: false,
    read: () => inputs.read(),
    onProgress: undefined,
  });
  await session.sink.commit();
  return {
    rows: tally.counts.rows,
    tokens: tally.counts.tokens,
    elapsedMs: performance.now() - startedMs,
    bytesRead: inputs.bytesRead,
    firstShardMs: 0,
    warmRowsPerSecond: 0,
    mainThreadBusy: 0,
    duplicateShareFound: 0,
  };
}

async function measureFull(): Promise<Timing> {
  const startedMs = performance.now();
  type Point = { rows: number; ms: number; loop: ReturnType<typeof performance.eventLoopUtilization> };
  let first: Point | undefined;
  const summary = await score(options, {
    onProgress: ({ counts }) =>
      (first ??= {
        rows: counts.rows,
        ms: performance.now() - startedMs,
        loop: performance.eventLoopUtilization(),
      }),
  });
  assert.ok(first);
  const { utilization } = performance.eventLoopUtilization(first.loop);
  peakRssMb = process.resourceUsage().maxRSS / 1024;
  const repeated = await countRepeated();
  return {
    rows: summary.rows,
    tokens: summary.tokens,
    elapsedMs: summary.elapsedMs,
    bytesRead: summary.bytesRead,
    firstShardMs: first.ms,
    warmRowsPerSecond: ((summary.rows - first.rows) / (summary.elapsedMs - first.ms)) * 1000,
    mainThreadBusy: utilization,
    duplicateShareFound: repeated === 0 ? 1 : summary.duplicates / repeated,
  };
}

/** Texts of the input that are not empty and came up before. */
async function countRepeated(): Promise<number> {
  const records = await openRecords({ inputs: [input] });
  const seen = new Set<string>();
  let repeated = 0;
  for await (const rows of records.rows(['comment'])) {
    for (const { texts } of rows) {
      const [text] = texts as [string];
      if (seen.has(text) && text.trim() !== '') repeated++;
      seen.add(text);
    }
  }
  await records.close();
  return repeated;
}

/** Stands in for the pool: blank predictions, after tokenising where that is the stage. */
async function makeScore(path: string): Promise<(shard: Shard) => Promise<ShardPredictions>> {
  const { manifest, tokenizer } = await loadBundle(path);
  const labels = manifest.tasks.reduce((sum, task) => sum + task.labels.length, 0);
  const texts = new TextTokenizer(tokenizer, manifest.maxLength, path);
  return async (shard) => {
    let tokens = 0;
    if (stage === '+tokenise') {
      for (const text of new Set(shard.texts)) tokens += texts.encode(text).ids.length;
    }
    return {
      scores: new Float32Array(shard.texts.length * labels),
      assigned: new Uint8Array(shard.texts.length * labels),
      flags: new Uint8Array(shard.texts.length),
      counts: { ...blankPredictions(0, 0).counts, tokens },
    };
  };
}

const timing = await measure();
const { user, system } = process.cpuUsage();
const result: Measurement = {
  ...timing,
  cpuSeconds: (user + system) / 1e6,
  peakRssMb: peakRssMb ?? process.resourceUsage().maxRSS / 1024,
  sha256: createHash('sha256').update(readFileSync(output)).digest('hex'),
};
process.stdout.write(JSON.stringify(result));
