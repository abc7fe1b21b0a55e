import { identityOfBundle } from '../bundle/load-bundle.ts';
import type { CacheSettings } from '../cache/messages.ts';
import { PredictionCache } from '../cache/prediction-cache.ts';
import { UsageError } from '../errors.ts';
import { type ResolvedScoringOptions, resolveScoringOptions } from '../options.ts';
import { cacheSettings, lookupOf } from '../pipeline/cache-lookup.ts';
import { neighboursMatter } from '../pipeline/neighbours-matter.ts';
import { type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import { shardRows } from '../pipeline/shard.ts';
import type { RecordsHead, Row } from '../records/row.ts';
import { openRecords } from '../records/open-records.ts';
import { chosenColumns, resolveTextColumns } from '../records/text-columns.ts';
import { BundleSide, planSide, type SidePlan } from './bundle-side.ts';
import { commonTasks } from './compare-files.ts';
import type { CompareOptions } from './options.ts';
import type { ComparisonDocument, TaskQuality } from './comparison-document.ts';
import { ComparisonTally } from './comparison-tally.ts';
import { findGoldColumns, type GoldReader, goldReader } from '../evaluate/gold.ts';
import { languageColumn, groupReader } from '../scored/column-groups.ts';
import { languageTask } from '../label-facts.ts';
import { TaskTally } from '../evaluate/task-tally.ts';
import type { LabelSet } from '../scored/scored-layout.ts';
import type { ReadProgress } from '../scoring.ts';
import { labelCountOf } from '../protocol.ts';

/** Shards per worker and turn: long enough to keep all workers busy, short enough that turns are close. */
const shardsPerTurn = 2;

export interface CompareHooks {
  /** Called after each turn of both bundles, with the rows compared so far. */
  onRows?: (rows: number) => void;
  /** Called after each turn of both bundles. */
  onProgress?: (progress: ReadProgress) => void;
}

type Compared = Pick<
  ComparisonDocument,
  'a' | 'b' | 'tasks' | 'matched' | 'speed' | 'quality' | 'degradation_percent'
>;

/** Scores one file with two bundles in turns, on the same workers' count, and compares everything. */
export async function compareBundles(
  names: [string, string],
  on: string,
  options: CompareOptions,
  hooks: CompareHooks = {},
): Promise<Compared & { notices: string[] }> {
  const resolved = resolveScoringOptions(options);
  let bytesRead = 0;
  const onBytes = (bytes: Uint8Array): void => void (bytesRead += bytes.length);
  const records = await openRecords({ ...options, inputs: [on], onBytes });
  const sides: BundleSide[] = [];
  const notices: string[] = [];
  let store: PredictionCache | undefined;
  try {
    const chosen = await resolveTextColumns(records.head, options.text, records.profiles);
    const { columns } = chosen;
    notices.push(...records.head.notices);
    if (chosen.numbered) notices.push(`Scored ${chosenColumns(chosen)}`);
    if (columns.length !== 1) {
      throw new UsageError('TEXT_COLUMN_NOT_SINGLE', `Expected one text column, got ${columns.length}`);
    }
    const plans = [await planSide(names[0], resolved), await planSide(names[1], resolved)];
    const cache = cacheOf(plans, resolved);
    if (cache !== undefined) store = await PredictionCache.open(cache, (notice) => notices.push(notice));
    for (const [lookup, plan] of plans.entries()) {
      const earlier = store && { store, lookup, labelCount: labelCountOf(plan.tasks) };
      sides.push(new BundleSide(plan, resolved, earlier));
    }
    const pair = sides as [BundleSide, BundleSide];
    const comparison = new BundleComparison(records.head, pair, options);
    let turn = 0;
    // With a cache nothing is timed, and it may turn out that no model needs to be loaded.
    let isWarm = store !== undefined;
    for await (const rows of turns(records.rows(columns), resolved.workers, resolved.limit)) {
      options.signal?.throwIfAborted();
      if (!isWarm) for (const side of pair) await side.warmUp(rows.slice(0, shardRows));
      isWarm = true;
      // Who goes first takes turns too, so that whatever slows the machine down hits both.
      const order = turn++ % 2 === 0 ? pair : [pair[1], pair[0]];
      for (const side of order) await side.score(rows);
      comparison.add(rows);
      const { rows: counted } = comparison;
      hooks.onRows?.(counted);
      const { totalBytes } = records.head;
      hooks.onProgress?.({ counts: { rows: counted }, bytesRead, totalBytes, totalRows: undefined });
    }
    const result = comparison.result({ isTimed: store === undefined });
    await store?.close();
    return { ...result, notices: [...notices, ...records.notices(), ...comparison.notices()] };
  } finally {
    await Promise.all([...sides.map((side) => side.close()), store?.close(), records.close()]);
  }
}

/** @throws UsageError when predictions depend on what is scored beside them, or speed is asked for */
function cacheOf(
  plans: readonly SidePlan[],
  options: CompareOptions & ResolvedScoringOptions,
): CacheSettings | undefined {
  const lookups = plans.map(({ bundle, tasks, settings }) =>
    lookupOf(identityOfBundle(bundle), tasks, settings),
  );
  const cache = cacheSettings(options, lookups);
  if (cache === undefined) return undefined;
  if (options.pricePerHour !== undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected --price-per-hour without a cache, got both', {
      hint: 'Cost follows from speed, which is not measured where predictions are taken from a cache.',
    });
  }
  for (const { bundle } of plans) {
    if (!bundle.manifest.batchInvariant && !options.deterministic) {
      throw neighboursMatter('--cache', bundle.manifest.name, 'depends on what is new');
    }
  }
  return cache;
}

async function* turns(batches: AsyncIterable<Row[]>, workers: number, limit: number): AsyncGenerator<Row[]> {
  const size = shardRows * shardsPerTurn * workers;
  let turn: Row[] = [];
  let left = limit;
  if (left <= 0) return;
  for await (const batch of batches) {
    for (const row of batch) {
      turn.push(row);
      if (turn.length < size && --left > 0) continue;
      yield turn;
      turn = [];
      if (left <= 0) return;
    }
  }
  if (turn.length > 0) yield turn;
}

/** A task that both bundles have. */
interface CommonTask {
  name: string;
  layouts: [TaskLayout, TaskLayout];
  offsets: [number, number];
  tally: ComparisonTally;
  /** Where in the gold labels the task is, -1 without gold. */
  gold: number;
  quality: [TaskTally, TaskTally];
  /** Rows that one side alone labels right. */
  rightOnly: [number, number];
}

class BundleComparison {
  rows = 0;
  readonly #sides: [BundleSide, BundleSide];
  readonly #options: CompareOptions;
  readonly #tasks: CommonTask[];
  readonly #readGold: GoldReader;
  readonly #readLanguage: (row: Row) => string | undefined;
  #matched = 0;

  constructor(head: RecordsHead, sides: [BundleSide, BundleSide], options: CompareOptions) {
    this.#sides = sides;
    this.#options = options;
    const [a, b] = sides;
    const [namesA, namesB] = sides.map((side) => side.tasks.map(({ name }) => name)) as [string[], string[]];
    const names = commonTasks(namesA, namesB, [a.name, b.name]);
    const layouts = names.map((name) => a.tasks.find((task) => task.name === name) as TaskLayout);
    const gold = goldIfAny(head, layouts, options.gold);
    this.#readGold = goldReader(head, gold, {});
    this.#tasks = names.map((name, index) => {
      const own = sides.map((side) => side.tasks.find((task) => task.name === name)) as [
        TaskLayout,
        TaskLayout,
      ];
      return {
        name,
        layouts: own,
        offsets: sides.map((side) => offsetOf(side.tasks, name)) as [number, number],
        tally: new ComparisonTally(name, options.seed ?? 1),
        gold: gold.findIndex(({ task }) => task === layouts[index]),
        // Measured under the labels of the first bundle, which gold is read by.
        quality: own.map(() => new TaskTally(own[0], false)) as [TaskTally, TaskTally],
        rightOnly: [0, 0],
      };
    });
    const column = languageColumn(head);
    const readColumn = column === undefined ? undefined : groupReader(head, [column]);
    this.#readLanguage = (row) => readColumn?.(row)[0];
  }

  add(rows: readonly Row[]): void {
    for (const [index, row] of rows.entries()) {
      this.rows++;
      if (row.isHeader === true) continue;
      const shard = Math.floor(index / shardRows);
      const [a, b] = this.#sides.map(({ predictions }) => predictions[shard]) as [
        ShardPredictions,
        ShardPredictions,
      ];
      const text = index % shardRows;
      const gold = this.#readGold(row);
      if ((a.flags[text] as number) & (b.flags[text] as number) & textFlags.empty) continue;
      this.#matched++;
      this.#addText(row, text, [a, b], gold);
    }
  }

  #addText(row: Row, text: number, predictions: ShardPredictions[], gold: (number[] | undefined)[]): void {
    const sets = this.#tasks.map(({ layouts, offsets }) =>
      predictions.map((shard, side) =>
        readLabels(
          shard,
          text * (this.#sides[side] as BundleSide).width + (offsets[side] as number),
          layouts[side] as TaskLayout,
        ),
      ),
    ) as [LabelSet, LabelSet][];
    const languages = sets[this.#tasks.findIndex(({ name }) => name === languageTask)];
    const language = this.#readLanguage(row) ?? languages?.[1].labels[0];
    for (const [index, task] of this.#tasks.entries()) {
      const pair = sets[index] as [LabelSet, LabelSet];
      task.tally.add(...pair, { row: row.ordinal, words: row.texts[0], language });
      const expected = gold[task.gold];
      if (expected === undefined) continue;
      const isRight = pair.map(({ labels }) => {
        const right = expected.map((label) => task.layouts[0].labels[label]);
        return labels.length === right.length && right.every((label) => labels.includes(label ?? ''));
      });
      if (isRight[0] !== isRight[1]) task.rightOnly[isRight[0] === true ? 0 : 1]++;
      pair.forEach(({ labels }, side) => {
        const { labels: names } = task.layouts[0];
        const predicted = labels.map((label) =>
          names.includes(label) ? names.indexOf(label) : names.length,
        );
        task.quality[side]?.add({
          gold: expected,
          predicted: predicted.toSorted((one, other) => one - other),
          scores: new Float32Array(names.length),
          before: undefined,
        });
      });
    }
  }

  /** Sentences that a person should read about the labels that it was compared with. */
  notices(): string[] {
    return this.#readGold.notices();
  }

  result({ isTimed }: { isTimed: boolean }): Compared {
    this.#readGold.requireFound();
    const quality = this.#tasks.flatMap(({ name, gold, quality: tallies, rightOnly }): TaskQuality[] => {
      if (gold === -1 || tallies[0].rows === 0) return [];
      const [a, b] = tallies.map((tally) => tally.measure({ resamples: 0, seed: 0 }).measured.metrics);
      return [
        {
          task: name,
          rows: tallies[0].rows,
          macro_f1_a: a?.macro_f1 ?? 0,
          macro_f1_b: b?.macro_f1 ?? 0,
          accuracy_a: a?.accuracy ?? 0,
          accuracy_b: b?.accuracy ?? 0,
          right_only_a: rightOnly[0],
          right_only_b: rightOnly[1],
        },
      ];
    });
    const losses = quality
      .filter(({ macro_f1_a }) => macro_f1_a > 0)
      .map(({ macro_f1_a, macro_f1_b }) => (1 - macro_f1_b / macro_f1_a) * 100);
    const degradation = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const [a, b] = this.#sides.map(({ name, cached, bundle: { manifest } }) => ({
      name,
      rows: this.rows,
      bundle: { name: manifest.name, version: manifest.version },
      ...(isTimed ? {} : { cache: cached }),
    })) as [ComparisonDocument['a'], ComparisonDocument['b']];
    return {
      a,
      b,
      matched: this.#matched,
      tasks: this.#tasks.map(({ tally }) => tally.result()),
      ...(isTimed
        ? { speed: this.#sides.map((side) => side.speed(this.rows, this.#options.pricePerHour)) }
        : {}),
      ...(quality.length > 0 ? { quality } : {}),
      ...(losses.length > 0 ? { degradation_percent: Math.round(degradation * 100) / 100 } : {}),
    };
  }
}

function goldIfAny(
  head: RecordsHead,
  layouts: TaskLayout[],
  told: Record<string, string> | undefined,
): ReturnType<typeof findGoldColumns> {
  if (told !== undefined) return findGoldColumns(head, layouts, told);
  const named = layouts.some(
    ({ name }) => head.columns.includes(name) || head.columns.includes(`gold_${name}`),
  );
  return named ? findGoldColumns(head, layouts, {}) : [];
}

function offsetOf(tasks: readonly TaskLayout[], name: string): number {
  const index = tasks.findIndex((task) => task.name === name);
  return labelCountOf(tasks.slice(0, index));
}

function readLabels({ scores, assigned }: ShardPredictions, start: number, { labels }: TaskLayout): LabelSet {
  const set: LabelSet = { labels: [], scores: [] };
  labels.forEach((label, index) => {
    if (assigned[start + index] !== 1) return;
    set.labels.push(label);
    set.scores.push(scores[start + index] as number);
  });
  return set;
}
