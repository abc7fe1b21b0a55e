const outcomes = ['scored', 'noFeedback', 'empty', 'nonAnswers', 'headerRows', 'rejected'] as const;

/** The fate of a row: each row of a run is counted as one of these. */
export type RowOutcome = (typeof outcomes)[number];

/** Everything that is counted of a run; `rows` is the sum over {@link RowOutcome}. */
export interface RunCounts extends Record<RowOutcome, number> {
  /** Records read. */
  rows: number;
  /** Rows with at least one text that got labels. */
  scored: number;
  /** Rows whose texts the bundle's gate calls no feedback: only the gate's task has a label. */
  noFeedback: number;
  /** Rows without any text to see. */
  empty: number;
  /** Rows whose texts say nothing, such as `n/a`. */
  nonAnswers: number;
  /** Rows that explain or repeat the header. */
  headerRows: number;
  /** Rows that could not be read, scored or written. */
  rejected: number;
  /** Rows with a text out of which markup was taken before it was scored. */
  withMarkup: number;
  /** Scored rows with a text that was cut to `max_length`. */
  truncated: number;
  /** Texts that took over an equal text's prediction. */
  duplicates: number;
  /** Tokens seen by the model, padding not counted. */
  tokens: number;
  paddedTokens: number;
  /** Texts of which the prediction was found in a cache; like `misses`, those with nothing to score are not counted. */
  hits: number;
  /** Texts that were looked for in a cache, and computed. */
  misses: number;
  /** Time that the hits would have taken a worker, in whole ms. */
  savedMs: number;
}

/** How much longer so many workers would have taken without a cache, in seconds to one decimal. */
export function secondsSaved({ savedMs }: Pick<RunCounts, 'savedMs'>, workers: number): number {
  return Math.round(savedMs / workers / 100) / 10;
}

interface CountName {
  /** Name of the count in manifests and events. */
  key: string;
  /** In the closing line, after the number; absent: not said there. */
  words?: string;
  /** Whether the closing line leaves it out when it is 0. */
  onlyIfAny?: boolean;
}

/** How each count is called, in the order in which they are told: the only place for these names. */
const countNames = {
  rows: { key: 'rows' },
  scored: { key: 'scored' },
  noFeedback: { key: 'no_feedback', words: 'no feedback', onlyIfAny: true },
  empty: { key: 'empty', words: 'empty' },
  nonAnswers: { key: 'non_answers', words: 'non-answers', onlyIfAny: true },
  headerRows: { key: 'header_rows', words: 'header rows', onlyIfAny: true },
  withMarkup: { key: 'with_markup', words: 'with markup', onlyIfAny: true },
  truncated: { key: 'truncated', words: 'truncated' },
  duplicates: { key: 'duplicates', words: 'duplicates collapsed' },
  rejected: { key: 'rejected', words: 'rejected', onlyIfAny: true },
  tokens: { key: 'tokens' },
  paddedTokens: { key: 'padded_tokens' },
  hits: { key: 'hits' },
  misses: { key: 'misses' },
  savedMs: { key: 'saved_ms' },
} as const satisfies Record<keyof RunCounts, CountName>;
const names = Object.entries(countNames) as [keyof RunCounts, CountName][];

/** Whether counts can be those of a run: every row is one of the outcomes. */
export function addsUp(counts: Readonly<RunCounts>): boolean {
  return counts.rows === outcomes.reduce((sum, outcome) => sum + counts[outcome], 0);
}

export function noCounts(): RunCounts {
  return Object.fromEntries(names.map(([name]) => [name, 0])) as unknown as RunCounts;
}

/** Counts as manifests and events hold them. */
export type CountsByKey = Record<(typeof countNames)[keyof RunCounts]['key'], number>;

/** The counts under the names that manifests and events have for them. */
export function countsByKey(counts: RunCounts): CountsByKey {
  return Object.fromEntries(names.map(([name, { key }]) => [key, counts[name]])) as CountsByKey;
}

/** Counts for the closing line, such as `9 empty`, with numbers formatted. */
export function countsInWords(counts: RunCounts, format: (count: number) => string): string[] {
  return names.flatMap(([name, { words, onlyIfAny }]) =>
    words === undefined || (onlyIfAny === true && counts[name] === 0)
      ? []
      : [`${format(counts[name])} ${words}`],
  );
}
