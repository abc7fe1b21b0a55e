import { round, share } from '../text/numbers.ts';
import { Reservoir, seededRandom, seedFor } from '../random.ts';
import type { ScoredText, ScoredTask } from '../scored/scored-file.ts';
import type { LabelSet } from '../scored/scored-layout.ts';
import { bucketOf, DateTally, nextBucket, unitOf } from './dates.ts';
import type {
  Breakdown,
  Hotspot,
  ReportDocument,
  SampleCell,
  SampleText,
  TaskCross,
  TaskMix,
  TimeSeries,
  UncertainTexts,
} from './report-document.ts';
import { LowestScores } from './lowest-scores.ts';
import { increase, LabelIds, pairFactor } from './label-ids.ts';
import { getOrInsert } from '../collections.ts';

const samplesPerCell = 3;
const uncertainPerTask = 12;
const sampleCharacters = 600;

/** A text with where it stands. */
export interface ReportText {
  row: number;
  scored: ScoredText;
  date: string | undefined;
  /** Value of each breakdown. */
  values: readonly string[];
  language: string | undefined;
}

interface BreakdownTally {
  by: string;
  predicted: boolean;
  values: Map<string, { texts: number; labels: Map<number, number> }>;
}

/** Counts and samples of everything in a report; memory depends on labels and values, not on rows. */
export class ReportTally {
  texts = 0;
  readonly #tasks: readonly ScoredTask[];
  /** Index of the task that the report is by, and of the one whose labels it ranks, -1 if there is none. */
  readonly #focusTask: number;
  readonly #hotTask: number;
  readonly #ids: LabelIds;
  readonly #labels = new Map<number, number>();
  readonly #scores = new Map<number, { sum: number; texts: number }>();
  readonly #withoutLabel: number[];
  readonly #pairs = new Map<number, number>();
  readonly #dates: DateTally<Map<number, number>> | undefined;
  readonly #dateColumn: string | undefined;
  readonly #breakdowns: BreakdownTally[];
  readonly #cells = new Map<number, Reservoir<SampleText>>();
  readonly #uncertain: LowestScores[];
  readonly #seed: number;

  constructor(
    tasks: readonly ScoredTask[],
    settings: {
      focusTask: number;
      hotTask: number;
      dateColumn: string | undefined;
      breakdowns: { by: string; predicted: boolean }[];
      seed: number;
    },
  ) {
    this.#tasks = tasks;
    this.#focusTask = settings.focusTask;
    this.#hotTask = settings.hotTask;
    this.#ids = new LabelIds(tasks.length);
    this.#withoutLabel = tasks.map(() => 0);
    this.#dateColumn = settings.dateColumn;
    this.#dates = settings.dateColumn === undefined ? undefined : new DateTally(() => new Map());
    this.#breakdowns = settings.breakdowns.map((each) => ({ ...each, values: new Map() }));
    this.#uncertain = tasks.map(() => new LowestScores(uncertainPerTask));
    this.#seed = settings.seed;
  }

  add(text: ReportText): void {
    this.texts++;
    const ids = text.scored.tasks.map((set, task) => this.#addTask(set, task));
    for (const [task, own] of ids.entries()) {
      for (let other = task + 1; other < ids.length; other++) {
        for (const one of own) {
          for (const two of ids[other] as number[]) increase(this.#pairs, one * pairFactor + two);
        }
      }
    }
    const flat = ids.flat();
    for (const [index, { values }] of this.#breakdowns.entries()) {
      const value = text.values[index] as string;
      const tally = getOrInsert(values, value, () => ({ texts: 0, labels: new Map() }));
      tally.texts++;
      for (const id of flat) increase(tally.labels, id);
    }
    this.#dates?.add(text.date ?? '', (labels) => {
      increase(labels, -1);
      for (const id of ids[this.#focusTask] ?? []) increase(labels, id);
    });
    this.#addSamples(text, ids);
  }

  #addTask({ labels, scores }: LabelSet, task: number): number[] {
    if (labels.length === 0) this.#withoutLabel[task] = (this.#withoutLabel[task] as number) + 1;
    return labels.map((label, index) => {
      const id = this.#ids.id(task, label);
      increase(this.#labels, id);
      const score = scores[index];
      if (score !== undefined) {
        const known = getOrInsert(this.#scores, id, () => ({ sum: 0, texts: 0 }));
        known.sum += score;
        known.texts++;
      }
      return id;
    });
  }

  #addSamples(text: ReportText, ids: number[][]): void {
    if (text.scored.text === undefined) return;
    for (const focus of ids[this.#focusTask] ?? []) {
      for (const hot of ids[this.#hotTask] ?? []) {
        const key = focus * pairFactor + hot;
        let cell = this.#cells.get(key);
        if (cell === undefined) {
          const names = [focus, hot].map((id) => this.#ids.names[id]?.label ?? '');
          cell = new Reservoir(samplesPerCell, seededRandom(seedFor(this.#seed, ...names)));
          this.#cells.set(key, cell);
        }
        cell.offer(() => this.#sample(text));
      }
    }
    for (const [task, { labels, scores }] of text.scored.tasks.entries()) {
      if (labels.length !== 1 || scores.length !== 1) continue;
      this.#uncertain[task]?.offer(scores[0] as number, text.scored.text, () => this.#sample(text));
    }
  }

  #sample({ row, scored, language }: ReportText): SampleText {
    const text = scored.text ?? '';
    return {
      row,
      ...(scored.column === undefined ? {} : { column: scored.column }),
      text: text.slice(0, sampleCharacters).toWellFormed(),
      cut: text.length > sampleCharacters,
      ...(language === undefined ? {} : { language }),
      labels: Object.fromEntries(
        this.#tasks.map(({ name }, task) => {
          const { labels, scores } = scored.tasks[task] as LabelSet;
          return [
            name,
            labels.map((label, index) => {
              const score = scores[index];
              return score === undefined ? { label } : { label, score };
            }),
          ];
        }),
      ),
    };
  }

  mixes(): TaskMix[] {
    return this.#tasks.map(({ name, isMulti }, task) => ({
      task: name,
      multi_label: isMulti,
      labels: this.#byFrequency(task).map((id) => this.#mix(id)),
      no_label: this.#withoutLabel[task] as number,
    }));
  }

  #mix(id: number): TaskMix['labels'][number] {
    const texts = this.#labels.get(id) ?? 0;
    const scores = this.#scores.get(id);
    return {
      label: this.#name(id),
      texts,
      share: share(texts, this.texts),
      ...(scores === undefined ? {} : { mean_score: round(scores.sum / scores.texts) }),
    };
  }

  crosses(): TaskCross[] {
    return this.#tasks.flatMap((one, task) =>
      this.#tasks.slice(task + 1).map((two, offset): TaskCross => {
        const [rows, columns] = [this.#byFrequency(task), this.#byFrequency(task + 1 + offset)];
        return {
          rows_task: one.name,
          columns_task: two.name,
          rows: rows.map((id) => this.#name(id)),
          columns: columns.map((id) => this.#name(id)),
          texts: rows.map((id) => this.#labels.get(id) ?? 0),
          counts: rows.map((row) => columns.map((column) => this.#pairs.get(row * pairFactor + column) ?? 0)),
        };
      }),
    );
  }

  hotspots(focusLabel: string): ReportDocument['hotspots'] {
    const focus = this.#ids.of(this.#focusTask).find((id) => this.#name(id) === focusLabel);
    const task = this.#tasks[this.#hotTask];
    if (focus === undefined || task === undefined) return undefined;
    const labels = this.#ids.of(this.#hotTask).map((id): Hotspot => {
      const texts = this.#labels.get(id) ?? 0;
      const [first, second] =
        this.#focusTask < this.#hotTask ? ([focus, id] as const) : ([id, focus] as const);
      const focused = this.#pairs.get(first * pairFactor + second) ?? 0;
      return {
        label: this.#name(id),
        texts,
        focused,
        share: share(focused, texts),
        share_low: round(wilsonLow(focused, texts)),
      };
    });
    return {
      of: task.name,
      labels: labels.toSorted(
        (one, other) => other.share_low - one.share_low || (one.label < other.label ? -1 : 1),
      ),
    };
  }

  time(): { series: TimeSeries | undefined; isAmbiguous: boolean } {
    const { days, undated, isAmbiguous } = this.#dates?.result() ?? {
      days: [],
      undated: 0,
      isAmbiguous: false,
    };
    const [first, last] = [days[0]?.[0], days.at(-1)?.[0]];
    if (first === undefined || last === undefined || this.#dateColumn === undefined) {
      return { series: undefined, isAmbiguous: false };
    }
    const unit = unitOf(first, last);
    const buckets = new Map<string, Map<number, number>>();
    for (let start = bucketOf(first, unit); start <= bucketOf(last, unit); start = nextBucket(start, unit)) {
      buckets.set(start, new Map());
    }
    for (const [day, labels] of days) {
      const bucket = buckets.get(bucketOf(day, unit)) as Map<number, number>;
      for (const [id, texts] of labels) increase(bucket, id, texts);
    }
    const series = {
      column: this.#dateColumn,
      unit,
      undated,
      buckets: [...buckets].map(([start, labels]) => ({
        start,
        texts: labels.get(-1) ?? 0,
        labels: this.#table(labels, this.#focusTask),
      })),
    };
    return { series, isAmbiguous };
  }

  breakdowns(): Breakdown[] {
    return this.#breakdowns.map(({ by, predicted, values }) => ({
      by,
      predicted,
      values: [...values]
        .map(([value, { texts, labels }]) => ({
          value,
          texts,
          tasks: Object.fromEntries(this.#tasks.map(({ name }, task) => [name, this.#table(labels, task)])),
        }))
        .toSorted((one, other) => other.texts - one.texts || (one.value < other.value ? -1 : 1)),
    }));
  }

  samples(): SampleCell[] {
    return [...this.#cells]
      .map(([key, { items, seen }]): SampleCell => ({
        focus_label: this.#name(Math.floor(key / pairFactor)),
        task: this.#tasks[this.#hotTask]?.name ?? '',
        label: this.#name(key % pairFactor),
        texts: seen,
        samples: items.toSorted((one, other) => one.row - other.row),
      }))
      .toSorted((one, other) => other.texts - one.texts || (one.label < other.label ? -1 : 1));
  }

  uncertain(): UncertainTexts[] {
    return this.#tasks.flatMap(({ name, isMulti }, task) => {
      const samples = this.#uncertain[task]?.samples() ?? [];
      return isMulti || samples.length === 0 ? [] : [{ task: name, samples }];
    });
  }

  #byFrequency(task: number): number[] {
    const texts = (id: number): number => this.#labels.get(id) ?? 0;
    return this.#ids
      .of(task)
      .toSorted((one, other) => texts(other) - texts(one) || (this.#name(one) < this.#name(other) ? -1 : 1));
  }

  /** Texts by label of one task, most frequent label of all first. */
  #table(labels: ReadonlyMap<number, number>, task: number): Record<string, number> {
    return Object.fromEntries(
      this.#byFrequency(task).flatMap((id) => {
        const texts = labels.get(id);
        return texts === undefined ? [] : [[this.#name(id), texts]];
      }),
    );
  }

  #name(id: number): string {
    return this.#ids.names[id]?.label ?? '';
  }
}

/** Lower end of Wilson's 95 % score interval of a share. */
export function wilsonLow(part: number, whole: number): number {
  if (whole === 0) return 0;
  const z = 1.96;
  const rate = part / whole;
  const spread = z * Math.sqrt((rate * (1 - rate) + (z * z) / (4 * whole)) / whole);
  return Math.max(0, (rate + (z * z) / (2 * whole) - spread) / (1 + (z * z) / whole));
}
