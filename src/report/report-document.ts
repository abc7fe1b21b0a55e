import type { LabelFacts } from '../label-facts.ts';
import type { Audience, CountedRole } from './counts.ts';
import type { SentimentRole } from '../label-facts.ts';
import type { DateOrder, TimeUnit } from './dates.ts';
import type { Roles } from './roles.ts';
import type { NightFigures } from './night.ts';
import type { Difference, ShareOf } from './statistics.ts';

/**
 * The JSON that `voxpop report --format json` prints, in snake_case, since it is a file format. Shares are from 0 to
 * 1; `low` and `high` are the ends of their 95 % intervals.
 */
export interface ReportDocument {
  report_version: 2;
  title: string;
  source: ReportSource;
  rows: number;
  /** Texts with labels; rows can have several texts. */
  texts: number;
  empty: number;
  /** Texts with labels that say nothing; all shares are of the others. */
  no_feedback: number;
  feedback: number;
  /** Groups of fewer texts are counted but not compared. */
  min_group: number;
  /** Which labels stand for what. */
  roles: Roles;
  /** Names for people, by task and label. */
  names: LabelFacts['names'];
  /** The label whose share groups and periods are compared by. */
  focus: { task: string; labels: string[]; name: string };
  /** What a reader should know first, in sentences. */
  summary: string[];
  /** How texts are meant, worst first. */
  sentiment: (ShareOf & { role: SentimentRole })[];
  /** Problems by topic, the ones to look at first before others. */
  fix: FixItem[];
  suggestions: Asked;
  questions: Asked;
  loves: LovedTopic[];
  topics: TopicFigures;
  time: TimeSeries | undefined;
  groups: GroupFigures[];
  /** Comments of customers and of employees, where both are there. */
  audiences: AudienceFigures[];
  tasks: TaskMix[];
  /** Every two tasks against each other. */
  crosses: TaskCross[];
  quality: QualityFigures;
  uncertain: UncertainTexts[];
  comparison: ReportComparison | undefined;
  /** What became of rows since an earlier file, as the manifest tells it. */
  night: NightFigures | undefined;
  /** How comments to show were chosen. */
  quotes: { by: 'vectors' | 'words'; seed: number };
  notices: string[];
}

export interface ReportSource {
  path: string;
  text_columns: string[];
  bundle?: { name: string; version: string };
  voxpop?: string;
  inputs?: string[];
  started_at?: string;
  elapsed_ms?: number;
}

export interface FixItem extends ShareOf {
  topic: string;
  name: string;
  /** Texts on the topic, whatever they say. */
  of: number;
  /** Texts on the topic that are negative, as the topic or the text is. */
  negative: ShareOf;
  trend: Trend | undefined;
  /** Groups in which the share is clearly above that of all the others. */
  above: { by: string; value: string; name: string; here: ShareOf; elsewhere: ShareOf }[];
  quotes: SampleText[];
}

/** How a share differs between the first and the last third of the time. */
export interface Trend extends Difference {
  from: { start: string; end: string; share: ShareOf; texts: number };
  to: { start: string; end: string; share: ShareOf; texts: number };
}

/** Texts that ask for something, those that ask for much the same together. */
export interface Asked extends ShareOf {
  /** Different texts that were grouped, drawn at random where there are more. */
  grouped: number;
  groups: { texts: number; quotes: SampleText[] }[];
}

export interface LovedTopic extends ShareOf {
  topic: string;
  name: string;
  of: number;
  quotes: SampleText[];
}

export interface TopicFigures {
  task: string | undefined;
  /** Whether a topic's sentiment is its own, from sentences, or that of the whole text. */
  sentiment_of: 'topic' | 'text';
  labels: (ShareOf & {
    label: string;
    name: string;
    by_role: Partial<Record<CountedRole, number>>;
    trend: Trend | undefined;
  })[];
}

export interface TaskMix {
  task: string;
  multi_label: boolean;
  /** Most frequent first; a text of a multi-label task counts for each of its labels. */
  labels: (ShareOf & { label: string; mean_score?: number })[];
  /** Texts without any label of the task. */
  no_label: number;
}

export interface TaskCross {
  rows_task: string;
  columns_task: string;
  rows: string[];
  columns: string[];
  /** Texts of each row's label, whatever the other task says. */
  texts: number[];
  /** Texts that have both labels, [rows][columns]. */
  counts: number[][];
}

export interface TimeSeries {
  column: string;
  unit: TimeUnit;
  /** How dates like 03/04/2026 were read. */
  order: DateOrder | undefined;
  /** Texts whose date could not be read. */
  undated: number;
  /** Of the focus label. */
  trend: Trend | undefined;
  /** Every unit from the first to the last, those without texts too. */
  buckets: {
    start: string;
    texts: number;
    focus: ShareOf;
    by_role: Partial<Record<CountedRole, number>>;
    topics: Record<string, number>;
  }[];
}

export interface GroupFigures {
  by: string;
  /** Whether it is the model that says so. */
  predicted: boolean;
  /** By what values are sorted: their order, or the share of the focus label. */
  order: 'value' | 'share';
  /** Whether it says much the same as the sentiment, as stars do, so that it explains nothing. */
  related: boolean;
  values: GroupValue[];
}

export interface GroupValue {
  value: string;
  name: string;
  texts: number;
  /** Whether there are too few texts to compare. */
  small: boolean;
  focus: ShareOf;
  /** Whether the share of the focus label is clearly another than that of all the others. */
  differs: 'above' | 'below' | undefined;
  by_role: Partial<Record<CountedRole, number>>;
  /** Texts by topic. */
  topics: Record<string, number>;
  tasks: Record<string, Record<string, number>>;
}

export interface AudienceFigures {
  audience: Audience;
  name: string;
  texts: number;
  by_role: Partial<Record<CountedRole, ShareOf>>;
  /** Topics with most problems. */
  problems: { topic: string; name: string; texts: number; share: number }[];
}

export interface QualityFigures {
  /** Shares as they would be if labels were wrong as often as on rows whose labels are known. */
  corrected: (ShareOf & { task: string; label: string; name: string; counted: number; rows: number })[];
}

export interface SampleText {
  /** Number of the row in the file, from 1. */
  row: number;
  column?: string;
  text: string;
  /** Whether only its start is shown. */
  cut: boolean;
  language?: string;
  /** Parts of the text that carried its label, as places of UTF-16 units from and to. */
  marks?: [from: number, to: number][];
  labels: Record<string, { label: string; score?: number }[]>;
}

export interface UncertainTexts {
  task: string;
  samples: SampleText[];
}

/** The file beside an earlier one. */
export interface ReportComparison {
  path: string;
  texts: number;
  feedback: number;
  sentiment: (Difference & { role: SentimentRole; before: ShareOf; after: ShareOf })[];
  fix: (Difference & { topic: string; name: string; before: ShareOf; after: ShareOf })[];
  topics: (Difference & { topic: string; name: string; before: ShareOf; after: ShareOf })[];
}
