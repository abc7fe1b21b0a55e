import { InputError } from '../errors.ts';
import type { LabelMap, MappedTasks } from '../pipeline/label-map.ts';
import { labelCountOf, type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import type { ScoredShard } from '../pipeline/score-rows.ts';
import { scoreColumnOf } from '../records/output-names.ts';
import type { Row } from '../records/row.ts';
import type { ScorePlan } from '../score-plan.ts';
import { type Baseline, TextPredictions } from './baseline.ts';
import { compareWithBaseline } from './baseline-comparison.ts';
import type { EvaluationDocument, SliceEvaluation } from './evaluation-document.ts';
import type { FlipsFile } from './flips.ts';
import { runGates } from './gates.ts';
import { type GoldColumn, type GoldReader, goldReader } from './gold.ts';
import type { ResolvedEvaluateOptions } from './options.ts';
import { sameLabels } from './outcomes.ts';
import { seedFor } from '../random.ts';
import { type GroupReader, groupReader, languageColumn, ValueLimit } from '../scored/column-groups.ts';
import { languageTask } from '../label-facts.ts';
import { type PairTask, withPairs } from './pair-task.ts';
import { type TaskMeasurement, TaskTally } from './task-tally.ts';
import { getOrInsert } from '../collections.ts';
import { nameList } from '../text/name-list.ts';

export interface Evaluation {
  document: EvaluationDocument;
  /** Whether every gate passed; true without gates. */
  passed: boolean;
  /** Sentences that a person should read beside the figures. */
  notices: string[];
}

/** The parts of an evaluation that are known before the first row is scored. */
export interface RunParts {
  plan: ScorePlan;
  options: ResolvedEvaluateOptions;
  labelMap: LabelMap;
  baseline: Baseline | undefined;
  map: MappedTasks;
  /** Pairs of tasks that are measured as tasks of their own, behind the others. */
  pairs: PairTask[];
  gold: GoldColumn[];
  bundle: EvaluationDocument['bundle'];
}

type FlipCounts = NonNullable<EvaluationDocument['comparison']>['flips'][number];

/** A task that is measured, and where its labels stand among those of all scored tasks. */
interface MeasuredTask extends GoldColumn {
  /** Whether it is a pair of tasks, whose labels have no scores of their own. */
  isPair: boolean;
  offset: number;
  tally: TaskTally;
  /** Index of the task in the baseline's predictions, -1 if it is not there. */
  inBaseline: number;
}

/** Measures scored rows: takes them shard by shard, and gives the figures at the end. */
export class EvaluationRun {
  /** Filled when a baseline is to be saved. */
  readonly predictions: TextPredictions | undefined;
  readonly #parts: RunParts;
  readonly #tasks: MeasuredTask[];
  readonly #width: number;
  readonly #predictionsOf: (shard: ScoredShard) => ShardPredictions;
  readonly #readGold: GoldReader;
  readonly #readColumns: GroupReader;
  readonly #readSlices: (row: Row, predictions: ShardPredictions, text: number) => string[];
  readonly #sliceNames: string[];
  /** Tallies, one per task, by slicing column and value. */
  readonly #slices: Map<string, TaskTally[]>[];
  readonly #flips: FlipCounts[];
  #sharedRows = 0;
  #goldRows = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { plan, options, labelMap, baseline, map, pairs, gold } = parts;
    const { head } = plan.records;
    let offset = 0;
    const offsets = new Map<string, number>();
    const ofTasks = labelCountOf(map.tasks);
    for (const { name, labels } of [...map.tasks, ...pairs.map(({ task }) => task)]) {
      offsets.set(name, offset);
      offset += labels.length;
    }
    this.#width = offset;
    this.#predictionsOf = ({ predictions, sentences }) => {
      const mapped = map.apply(predictions);
      return sentences === undefined || pairs.length === 0
        ? mapped
        : withPairs(mapped, ofTasks, pairs, sentences);
    };
    this.#tasks = gold.map(({ task, column }) => {
      const isPair = pairs.some((pair) => pair.task === task);
      return {
        task,
        column,
        isPair,
        offset: offsets.get(task.name) as number,
        tally: new TaskTally(task, true, !isPair),
        inBaseline: baseline?.predictions.tasks.findIndex(({ name }) => name === task.name) ?? -1,
      };
    });
    this.#readGold = goldReader(head, gold, labelMap);

    const goldLanguage = gold.find(({ task }) => task.name === languageTask)?.column;
    const column = goldLanguage ?? languageColumn(head);
    const predicted = column === undefined ? map.tasks.find(({ name }) => name === languageTask) : undefined;
    const columns = [...(column === undefined ? [] : [column]), ...options.by].filter(
      (name) => predicted === undefined || name !== languageTask,
    );
    const unique = [...new Set(columns)];
    this.#readColumns = groupReader(head, unique);
    const limit = new ValueLimit();
    this.#sliceNames = predicted === undefined ? unique : [languageTask, ...unique];
    this.#readSlices = (row, predictions, text) => {
      const values = this.#readColumns(row);
      if (predicted === undefined) return values;
      const labels = assignedLabels(
        predictions,
        text * this.#width + (offsets.get(languageTask) as number),
        predicted,
      );
      return [limit.admit(predicted.labels[labels[0] ?? -1] ?? ''), ...values];
    };
    this.#slices = this.#sliceNames.map(() => new Map());
    this.#flips = this.#tasks.map(({ task }) => ({ task: task.name, to_wrong: 0, to_right: 0 }));
    this.predictions =
      options.save === undefined ? undefined : new TextPredictions(this.#tasks.map(({ task }) => task));
  }

  async add(shard: ScoredShard, flips: FlipsFile | undefined): Promise<void> {
    const predictions = this.#predictionsOf(shard);
    for (const [text, row] of shard.rows.entries()) {
      if (row.isHeader === true) continue;
      // Gold is read of every other row, so that a wrong label is found whatever stands beside it.
      const gold = this.#readGold(row);
      if (gold.some((labels) => labels !== undefined)) this.#goldRows++;
      if ((predictions.flags[text] as number) & textFlags.empty) continue;
      this.#addText(row, text, gold, predictions, flips);
    }
    await flips?.flush();
  }

  #addText(
    row: Row,
    text: number,
    gold: (number[] | undefined)[],
    predictions: ShardPredictions,
    flips: FlipsFile | undefined,
  ): void {
    const words = row.texts[0] as string;
    const former = this.#parts.baseline?.predictions.find(words);
    if (former !== undefined) this.#sharedRows++;
    const values = this.#readSlices(row, predictions, text);
    const assigned = this.#tasks.map(({ task, offset }) =>
      assignedLabels(predictions, text * this.#width + offset, task),
    );
    this.predictions?.add(words, assigned);
    for (const [index, measured] of this.#tasks.entries()) {
      const expected = gold[index];
      if (expected === undefined) continue;
      const { task, offset, tally, inBaseline } = measured;
      const start = text * this.#width + offset;
      const formerNames = former?.[inBaseline];
      const one = {
        gold: expected,
        predicted: assigned[index] as number[],
        scores: predictions.scores.subarray(start, start + task.labels.length),
        before: formerNames && labelIndices(formerNames, task),
      };
      tally.add(one);
      for (const [dimension, value] of values.entries())
        this.#sliceTallies(dimension, value)[index]?.add(one);
      if (one.before === undefined) continue;
      const [was, is] = [one.before, one.predicted].map((labels) => sameLabels(expected, labels));
      const counts = this.#flips[index] as FlipCounts;
      if (is && !was) counts.to_right++;
      if (!was || is) continue;
      counts.to_wrong++;
      const names = (labels: readonly number[]): string[] => labels.map((label) => task.labels[label] ?? '?');
      flips?.add(row, task.name, names(expected), formerNames as string[], names(one.predicted));
    }
  }

  #sliceTallies(dimension: number, value: string): TaskTally[] {
    const slices = this.#slices[dimension] as Map<string, TaskTally[]>;
    return getOrInsert(slices, value, () =>
      this.#tasks.map(({ task, isPair }) => new TaskTally(task, false, !isPair)),
    );
  }

  /** Columns that were taken for gold by their names, but look like an output of `score`. */
  #scoredGold(): string[] {
    const { options, plan } = this.#parts;
    const { columns } = plan.records.head;
    const scored = this.#tasks.filter(
      ({ task, column }) =>
        !Object.hasOwn(options.gold, task.name) && columns.includes(scoreColumnOf(column)),
    );
    if (scored.length === 0) return [];
    const names = nameList(scored.map(({ column }) => column));
    const has = scored.length === 1 ? 'has' : 'have';
    return [
      `${names} ${has} scores beside, as labels of \`voxpop score\` have: if nobody has corrected them, two runs were compared, and nothing was measured (--gold names another column)`,
    ];
  }

  finish(rows: number, empty: number): Evaluation {
    const { options, baseline, bundle, plan } = this.#parts;
    this.#readGold.requireFound();
    this.#readColumns.requireFound();
    if (this.#tasks.every(({ tally }) => tally.rows === 0))
      throw nothingToMeasure(options, rows, this.#goldRows);
    const notices = [...this.#scoredGold(), ...this.#readGold.notices()];
    const seedOf = (...names: string[]): { resamples: number; seed: number } => ({
      resamples: options.resamples,
      seed: seedFor(options.seed, ...names),
    });
    const measurements: [SliceEvaluation | undefined, TaskMeasurement][] = [];
    const tasks = this.#tasks.map(({ task, column, tally, isPair }) => {
      const measurement = tally.measure(seedOf(task.name));
      measurements.push([undefined, measurement]);
      if (tally.rows === 0) notices.push(`No row has a gold label for ${task.name} in \`${column}\``);
      return {
        ...measurement.measured,
        problem_type: task.problemType,
        gold_column: column,
        // Most of the pairs that there could be say nothing about any row.
        labels: tally.labels().filter(({ support, predicted }) => !isPair || support + predicted > 0),
        ...(task.problemType === 'single_label_classification' ? { confusion: tally.confusion() } : {}),
      };
    });
    const slices = this.#sliceNames.flatMap((by, dimension) =>
      [...(this.#slices[dimension] as Map<string, TaskTally[]>)]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .flatMap(([value, tallies]) =>
          tallies.flatMap((tally, index) => {
            if (tally.rows === 0) return [];
            const name = (this.#tasks[index] as MeasuredTask).task.name;
            const measurement = tally.measure(seedOf(name, by, value));
            const slice = { by, value, ...measurement.measured };
            measurements.push([slice, measurement]);
            return [slice];
          }),
        ),
    );
    const document: EvaluationDocument = {
      evaluation_version: 1,
      bundle,
      inputs: plan.options.inputs,
      rows,
      empty,
      resamples: options.resamples,
      seed: options.seed,
      tasks,
      slices,
      gates: [],
    };
    if (baseline !== undefined) {
      document.comparison = {
        bundle: baseline.evaluation.bundle,
        shared_rows: this.#sharedRows,
        changes: compareWithBaseline(baseline.evaluation, measurements),
        flips: this.#flips,
      };
      if (this.#sharedRows < rows - empty) {
        notices.push(
          `The baseline holds ${this.#sharedRows} of the ${rows - empty} texts: its own figures are compared where a paired comparison needs all of them`,
        );
      }
    }
    document.gates = runGates(document, document.comparison?.changes ?? [], options);
    return { document, notices, passed: document.gates.every(({ passed }) => passed) };
  }
}

function nothingToMeasure(options: ResolvedEvaluateOptions, rows: number, goldRows: number): InputError {
  const found = goldRows === 0 ? `${rows} rows without any` : `${goldRows} such rows without a text`;
  return new InputError(
    'NOTHING_TO_MEASURE',
    `expected rows with a text and gold labels, found ${found}`,
    { file: options.inputs.join(', ') },
    { hint: 'Look at the columns with `voxpop score <file> --dry-run`; name them with --text and --gold.' },
  );
}

function assignedLabels({ assigned }: ShardPredictions, start: number, { labels }: TaskLayout): number[] {
  const found: number[] = [];
  for (let label = 0; label < labels.length; label++) if (assigned[start + label] === 1) found.push(label);
  return found;
}

/** Labels that the task no longer has all get the index behind the last: never right. */
function labelIndices(names: readonly string[], { labels }: TaskLayout): number[] {
  const indices = names.map((name) => (labels.includes(name) ? labels.indexOf(name) : labels.length));
  return [...new Set(indices)].toSorted((one, other) => one - other);
}
