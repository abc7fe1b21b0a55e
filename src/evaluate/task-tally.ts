import type { TaskLayout } from '../protocol.ts';
import { bootstrap, type Bootstrap } from './bootstrap.ts';
import type { LabelEvaluation, Measured, Metrics, MetricName } from './evaluation-document.ts';
import { confusionMatrix, countLabels, countMetrics, type CountMetrics, labelMetrics } from './metrics.ts';
import { round } from '../text/numbers.ts';
import { OutcomeTally } from './outcomes.ts';
import { CalibrationTally, RankingTally } from './score-tally.ts';

/** One row of one task. */
export interface TaskCase {
  gold: readonly number[];
  predicted: readonly number[];
  /** Score of every label of the task. */
  scores: Float32Array;
  before: readonly number[] | undefined;
}

export interface ResampleSettings {
  resamples: number;
  seed: number;
}

/** Everything that is measured of a task on some rows. */
export class TaskTally {
  readonly #task: TaskLayout;
  readonly #outcomes = new OutcomeTally();
  /** Calibration of the top label; for a multi-label task one tally per label. */
  readonly #calibration: CalibrationTally[];
  readonly #ranking: RankingTally[];

  /**
   * @param withRanking average precision as well, which takes the most memory
   * @param withScores false where labels have no scores of their own
   */
  constructor(task: TaskLayout, withRanking: boolean, withScores = true) {
    this.#task = task;
    const each = !withScores ? [] : this.#isMulti ? task.labels : ['top'];
    this.#calibration = each.map(() => new CalibrationTally());
    this.#ranking = withRanking && this.#isMulti ? each.map(() => new RankingTally()) : [];
  }

  get #isMulti(): boolean {
    return this.#task.problemType === 'multi_label_classification';
  }

  get rows(): number {
    return this.#outcomes.rows;
  }

  add({ gold, predicted, scores, before }: TaskCase): void {
    this.#outcomes.add(gold, predicted, before);
    if (this.#isMulti) {
      this.#calibration.forEach((tally, label) => tally.add(scores[label] as number, gold.includes(label)));
    } else {
      const top = scores.indexOf(Math.max(...scores));
      this.#calibration[0]?.add(scores[top] as number, gold[0] === top);
    }
    this.#ranking.forEach((tally, label) => tally.add(scores[label] as number, gold.includes(label)));
  }

  /** The figures with their intervals, and those of the baseline on the same rows if it holds them all. */
  measure(settings: ResampleSettings): TaskMeasurement {
    const { name, labels, problemType } = this.#task;
    const outcomes = this.#outcomes.all();
    const resampled = bootstrap(outcomes, labels.length, problemType, settings);
    const paired = resampled.differences !== undefined;
    const metrics: Metrics = { ...countMetrics(countLabels(outcomes, labels.length), problemType) };
    const precisions = this.#ranking.map((tally) => tally.averagePrecision());
    const known = precisions.filter((value) => value !== undefined);
    if (known.length > 0) metrics.mean_average_precision = mean(known);
    if (this.#calibration.length > 0) {
      metrics.calibration_error = mean(this.#calibration.map((tally) => tally.error()));
    }
    return {
      measured: {
        task: name,
        rows: this.rows,
        metrics: roundAll(metrics),
        intervals: roundIntervals(resampled.intervals),
      },
      before: paired
        ? roundAll(countMetrics(countLabels(outcomes, labels.length, 'before'), problemType))
        : undefined,
      differences: resampled.differences && roundIntervals(resampled.differences),
    };
  }

  labels(): LabelEvaluation[] {
    const counts = countLabels(this.#outcomes.all(), this.#task.labels.length);
    return this.#task.labels.map((label, index) => {
      const { precision, recall, f1, support, predicted } = labelMetrics(counts, index);
      const average = this.#ranking[index]?.averagePrecision();
      return {
        label,
        ...roundAll({ precision, recall, f1 }),
        support,
        predicted,
        ...(average === undefined ? {} : { average_precision: round(average) }),
      };
    });
  }

  confusion(): number[][] {
    return confusionMatrix(this.#outcomes.all(), this.#task.labels.length);
  }
}

export interface TaskMeasurement {
  measured: Measured;
  before: CountMetrics | undefined;
  differences: Bootstrap['differences'];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function roundAll<Figures extends object>(figures: Figures): Figures {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, round(value as number)]),
  ) as Figures;
}

function roundIntervals(intervals: Bootstrap['intervals']): Partial<Record<MetricName, [number, number]>> {
  return Object.fromEntries(
    Object.entries(intervals).map(([name, [low, high]]) => [name, [round(low), round(high)]]),
  );
}
