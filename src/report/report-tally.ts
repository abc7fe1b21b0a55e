import { getOrInsert } from '../collections.ts';
import { labelRoles } from '../label-facts.ts';
import { round } from '../text/numbers.ts';
import type { ScoredText, ScoredTask } from '../scored/scored-file.ts';
import type { LabelSet } from '../scored/scored-layout.ts';
import { type Audience, type CountedRole, countedRoles, Counts, roleMark, topicMark } from './counts.ts';
import { sentimentRoles } from '../label-facts.ts';
import { DateTally } from './dates.ts';
import { increase, LabelIds, pairFactor } from './label-ids.ts';
import { LowestScores } from './lowest-scores.ts';
import { QuoteSamples } from './quote-samples.ts';
import type { SampleText, TaskCross, TaskMix, UncertainTexts } from './report-document.ts';
import type { FocusedRoles } from './roles.ts';
import { shareOf } from './statistics.ts';

const uncertainPerTask = 12;
const sampleCharacters = 600;

/** A text with where it stands. */
export interface ReportText {
  row: number;
  scored: ScoredText;
  date: string | undefined;
  /** Value of each group. */
  values: readonly string[];
  language: string | undefined;
  /** How each topic is meant, by topic, where the file tells it. */
  topicSentiment: ReadonlyMap<string, string> | undefined;
}

export interface TallySettings {
  roles: FocusedRoles;
  /** Whether there is a column of dates. */
  hasDates: boolean;
  /** Whether several columns were scored, so that a text's is told. */
  hasSeveralTexts: boolean;
  /** Columns to group by, in the order of `ReportText.values`. */
  groups: readonly string[];
  seed: number;
}

/** Counts and samples of everything in a report; memory depends on labels and values, not on rows. */
export class ReportTally {
  /** Texts with labels. */
  texts = 0;
  /** Texts of these that say nothing, as the bundle's gate or a role tells. */
  withoutFeedback = 0;
  /** Texts whose topics have a sentiment of their own. */
  withTopicSentiment = 0;
  /** All texts that say something. */
  readonly all = new Counts();
  readonly groups: Map<string, Counts>[];
  readonly audiences = new Map<Audience, Counts>();
  readonly dates: DateTally<Counts> | undefined;
  readonly quotes: QuoteSamples;
  readonly #hasSeveralTexts: boolean;
  readonly #tasks: readonly ScoredTask[];
  readonly #roles: FocusedRoles;
  readonly #topicTask: number;
  readonly #ids: LabelIds;
  /** Roles of each label by number, as bits. */
  readonly #roleBits: number[] = [];
  readonly #scores = new Map<number, { sum: number; texts: number }>();
  readonly #withoutLabel: number[];
  readonly #pairs = new Map<number, number>();
  readonly #uncertain: LowestScores[];

  constructor(
    tasks: readonly ScoredTask[],
    { roles, hasDates, hasSeveralTexts, groups, seed }: TallySettings,
  ) {
    this.#hasSeveralTexts = hasSeveralTexts;
    this.#tasks = tasks;
    this.#roles = roles;
    this.#topicTask = tasks.findIndex(({ name }) => name === roles.topic?.task);
    this.#ids = new LabelIds(tasks.length);
    this.#withoutLabel = tasks.map(() => 0);
    this.dates = hasDates ? new DateTally(() => new Counts()) : undefined;
    this.groups = groups.map(() => new Map<string, Counts>());
    this.#uncertain = tasks.map(() => new LowestScores(uncertainPerTask));
    this.quotes = new QuoteSamples(seed);
  }

  add(text: ReportText): void {
    this.texts++;
    const ids = text.scored.tasks.map(({ labels }, task) => labels.map((label) => this.#id(task, label)));
    const flat = ids.flat();
    let bits = 0;
    for (const id of flat) bits |= this.#roleBits[id] as number;
    if ((bits & bitOf('no_feedback')) !== 0) {
      this.withoutFeedback++;
      return;
    }
    this.#addScores(text.scored.tasks, ids);
    this.#addPairs(ids);
    const topics = ids[this.#topicTask] ?? [];
    if (text.topicSentiment !== undefined && topics.length > 0) this.withTopicSentiment++;
    const marks = [...flat, ...countedRoles.filter((role) => (bits & bitOf(role)) !== 0).map(roleMark)];
    const rolesOfTopics = topics.map((id) => this.#topicRoles(id, bits, text.topicSentiment));
    for (const [place, roles] of rolesOfTopics.entries()) {
      for (const role of roles) marks.push(topicMark(topics[place] as number, role));
    }
    this.all.add(marks);
    for (const [place, values] of this.groups.entries()) {
      getOrInsert(values, text.values[place] as string, () => new Counts()).add(marks);
    }
    getOrInsert(this.audiences, audienceOf(bits), () => new Counts()).add(marks);
    this.dates?.add(text.date ?? '', (counts) => counts.add(marks));
    this.#addSamples(text, bits, topics, rolesOfTopics);
  }

  #id(task: number, label: string): number {
    const id = this.#ids.id(task, label);
    if (id === this.#roleBits.length) {
      const taskName = this.#tasks[task]?.name;
      let bits = 0;
      for (const [role, { task: ofTask, labels }] of Object.entries(this.#roles)) {
        if (ofTask === taskName && labels.includes(this.#ids.names[id]?.label ?? '')) {
          bits |= bitOf(role as keyof FocusedRoles);
        }
      }
      this.#roleBits.push(bits);
    }
    return id;
  }

  #addScores(tasks: readonly LabelSet[], ids: readonly number[][]): void {
    for (const [task, { labels, scores }] of tasks.entries()) {
      if (labels.length === 0) this.#withoutLabel[task] = (this.#withoutLabel[task] as number) + 1;
      for (const [place, id] of (ids[task] as number[]).entries()) {
        const score = scores[place];
        if (score === undefined) continue;
        const known = getOrInsert(this.#scores, id, () => ({ sum: 0, texts: 0 }));
        known.sum += score;
        known.texts++;
      }
    }
  }

  #addPairs(ids: readonly number[][]): void {
    for (const [task, own] of ids.entries()) {
      for (let other = task + 1; other < ids.length; other++) {
        for (const one of own) {
          for (const two of ids[other] as number[]) increase(this.#pairs, one * pairFactor + two);
        }
      }
    }
  }

  /** What a text says on a topic: the sentiment is the topic's own where the file tells it, else the text's. */
  #topicRoles(id: number, bits: number, own: ReportText['topicSentiment']): CountedRole[] {
    const sentiment = own?.get(this.#ids.names[id]?.label ?? '');
    const isMeant = (role: CountedRole): boolean =>
      sentiment === undefined || !sentimentRoles.some((each) => each === role)
        ? (bits & bitOf(role)) !== 0
        : (this.#roles[role]?.labels.includes(sentiment) ?? false);
    return countedRoles.filter(isMeant);
  }

  #addSamples(text: ReportText, bits: number, topics: number[], rolesOfTopics: CountedRole[][]): void {
    const words = text.scored.text;
    if (words === undefined) return;
    const make = (): SampleText => this.#sample(text);
    if ((bits & bitOf('suggestion')) !== 0) this.quotes.offer('suggestion', '', words, make);
    if ((bits & bitOf('question')) !== 0) this.quotes.offer('question', '', words, make);
    for (const [place, roles] of rolesOfTopics.entries()) {
      const topic = this.#ids.names[topics[place] as number]?.label ?? '';
      if (roles.includes(this.fixRole)) this.quotes.offer('problem', topic, words, make);
      if (roles.includes('positive')) this.quotes.offer('love', topic, words, make);
    }
    for (const [task, { labels, scores }] of text.scored.tasks.entries()) {
      if (labels.length !== 1 || scores.length !== 1) continue;
      this.#uncertain[task]?.offer(scores[0] as number, words, make);
    }
  }

  /** What is to be fixed: problems, or what is negative where nothing tells problems. */
  get fixRole(): CountedRole {
    return this.#roles.problem === undefined ? 'negative' : 'problem';
  }

  #sample({ row, scored, language }: ReportText): SampleText {
    const text = scored.text ?? '';
    return {
      row,
      ...(this.#hasSeveralTexts && scored.column !== undefined ? { column: scored.column } : {}),
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

  /** Number of a label; undefined where no text has it. */
  idOf(task: string, label: string): number | undefined {
    const place = this.#tasks.findIndex(({ name }) => name === task);
    return this.#ids.of(place).find((id) => this.name(id) === label);
  }

  /** The topics that texts have, most frequent first, with what they are called. */
  topics(): { id: number; label: string; isSpecific: boolean }[] {
    return this.#byFrequency(this.#topicTask).map((id) => ({
      id,
      label: this.name(id),
      isSpecific: ((this.#roleBits[id] as number) & bitOf('unspecific')) === 0,
    }));
  }

  mixes(): TaskMix[] {
    return this.#tasks.map(({ name, isMulti }, task) => ({
      task: name,
      multi_label: isMulti,
      labels: this.#byFrequency(task).map((id) => {
        const scores = this.#scores.get(id);
        return Object.assign(
          { label: this.name(id) },
          shareOf(this.all.label(id), this.all.texts),
          scores === undefined ? {} : { mean_score: round(scores.sum / scores.texts) },
        );
      }),
      no_label: this.#withoutLabel[task] as number,
    }));
  }

  crosses(): TaskCross[] {
    return this.#tasks.flatMap((one, task) =>
      this.#tasks.slice(task + 1).map((two, offset): TaskCross => {
        const [rows, columns] = [this.#byFrequency(task), this.#byFrequency(task + 1 + offset)];
        return {
          rows_task: one.name,
          columns_task: two.name,
          rows: rows.map((id) => this.name(id)),
          columns: columns.map((id) => this.name(id)),
          texts: rows.map((id) => this.all.label(id)),
          counts: rows.map((row) => columns.map((column) => this.#pairs.get(row * pairFactor + column) ?? 0)),
        };
      }),
    );
  }

  uncertain(): UncertainTexts[] {
    return this.#tasks.flatMap(({ name, isMulti }, task) => {
      const samples = this.#uncertain[task]?.samples() ?? [];
      return isMulti || samples.length === 0 ? [] : [{ task: name, samples }];
    });
  }

  /** Texts by label of one task, most frequent label of all first. */
  table(counts: Counts, task: string): Record<string, number> {
    const place = this.#tasks.findIndex(({ name }) => name === task);
    return Object.fromEntries(
      this.#byFrequency(place).flatMap((id) => {
        const texts = counts.label(id);
        return texts === 0 ? [] : [[this.name(id), texts]];
      }),
    );
  }

  #byFrequency(task: number): number[] {
    const texts = (id: number): number => this.all.label(id);
    return this.#ids
      .of(task)
      .filter((id) => texts(id) > 0)
      .toSorted((one, other) => texts(other) - texts(one) || (this.name(one) < this.name(other) ? -1 : 1));
  }

  name(id: number): string {
    return this.#ids.names[id]?.label ?? '';
  }
}

/** Bit of a role; the last one is for `focus`. */
function bitOf(role: keyof FocusedRoles): number {
  return role === 'focus' ? 1 << labelRoles.length : 1 << labelRoles.indexOf(role);
}

/** Topics of the workplace tell an employee's comment, whatever else it speaks of. */
function audienceOf(roles: number): Audience {
  if ((roles & bitOf('employees')) !== 0) return 'employees';
  return (roles & bitOf('customers')) !== 0 ? 'customers' : 'either';
}
