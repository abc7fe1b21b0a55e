import { findBundle } from '../bundle/find-bundle.ts';
import { checkBundle } from '../bundle/load-bundle.ts';
import { InputError, UsageError } from '../errors.ts';
import { seededRandom } from '../random.ts';
import { languageTask } from '../label-facts.ts';
import { openScoredFile, type ScoredFile, type ScoredText } from '../scored/scored-file.ts';
import { type ResolvedReviewOptions, resolveReviewOptions, type ReviewOptions } from './options.ts';
import { type Candidate, RowPicker } from './pick-rows.ts';
import { shellWord } from '../text/shell-word.ts';

/** What a review page shows. */
export interface Review {
  source: string;
  task: string;
  /** Column of the texts, which the corrections go by as well. */
  textColumn: string;
  isMulti: boolean;
  /** Labels that can be chosen, from most to least frequent. */
  labels: string[];
  rows: Candidate[];
  /** Texts of the file. */
  texts: number;
  /** Sentences that a person should read about how the file was read. */
  notices: string[];
}

/**
 * Picks the rows of a scored file that are worth a look: what `voxpop review` shows.
 * @throws UsageError, InputError, BundleError; the signal's reason when aborted
 */
export async function review(given: ReviewOptions): Promise<Review> {
  const options = resolveReviewOptions(given);
  const file = await openScoredFile(options.input, {
    ...options,
    ...(options.task === undefined ? {} : { tasks: [options.task] }),
  });
  try {
    const task = chooseTask(file, options.task);
    const textColumn = requireTextColumn(file);
    const picker = new RowPicker(options.rows, seededRandom(options.seed));
    const counts = new Map<string, number>();
    let texts = 0;
    for await (const batch of file.rows()) {
      for (const { row, texts: ofRow } of batch) {
        const scored = ofRow.find(({ column }) => column === textColumn);
        const candidate = scored && toCandidate(scored, task, row.line);
        if (candidate === undefined) continue;
        texts++;
        for (const label of candidate.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
        picker.add(candidate);
      }
    }
    if (texts === 0) {
      throw new InputError('NOTHING_TO_REVIEW', 'expected texts with labels, found none', {
        file: options.input,
      });
    }
    const name = (file.tasks[task] as ScoredFile['tasks'][number]).name;
    const offered = await offeredLabels(options, name);
    const found = [...counts.keys()].toSorted(
      (one, other) => (counts.get(other) as number) - (counts.get(one) as number) || (one < other ? -1 : 1),
    );
    return {
      source: options.input,
      task: name,
      // By this name it is found beside the texts that it is taught with.
      textColumn: file.isOfSentences ? 'text' : textColumn,
      isMulti:
        options.kind === undefined
          ? (offered.isMulti ?? file.tasks[task]?.isMulti === true)
          : options.kind === 'multi',
      labels: [...new Set([...found, ...offered.labels])],
      rows: picker.pick(),
      texts,
      notices: file.notices(),
    };
  } finally {
    await file.close();
  }
}

/** @throws UsageError when there are several tasks and none is told */
function chooseTask({ tasks }: ScoredFile, told: string | undefined): number {
  if (told !== undefined) return tasks.findIndex(({ name }) => name === told);
  const others = tasks.filter(({ name }) => name !== languageTask);
  if (others.length === 1) return tasks.indexOf(others[0] as ScoredFile['tasks'][number]);
  throw new UsageError(
    'TASK_MISSING',
    `Expected one task to review, found ${tasks.map(({ name }) => name).join(', ')}`,
    { hint: `Name it: \`--task ${shellWord(others.at(-1)?.name ?? tasks[0]?.name ?? '')}\`.` },
  );
}

function requireTextColumn({ textColumns }: ScoredFile): string {
  const [column, ...others] = textColumns;
  if (column !== undefined && others.length === 0) return column;
  throw new UsageError(
    'TEXT_COLUMN_NOT_SINGLE',
    `Expected one column of texts to review, found ${textColumns.join(', ') || 'none that is known'}`,
    { hint: 'Name it: `--text <column>`.' },
  );
}

function toCandidate(
  { text, tasks, isEmpty }: ScoredText,
  task: number,
  line: number,
): Candidate | undefined {
  const { labels, scores } = tasks[task] ?? { labels: [], scores: [] };
  if (isEmpty || text === undefined || text.trim() === '') return undefined;
  // A text without a label is about as doubtful as can be.
  const doubt = labels.length === 0 ? 0.5 : 1 - Math.min(...(scores.length > 0 ? scores : [1]));
  return { line, text: text.trim(), labels, scores, doubt };
}

async function offeredLabels(
  { model }: ResolvedReviewOptions,
  task: string,
): Promise<{ labels: string[]; isMulti: boolean | undefined }> {
  if (model === undefined) return { labels: [], isMulti: undefined };
  const { manifest } = await checkBundle(await findBundle(model));
  const known = manifest.tasks.find(({ name }) => name === task);
  if (known === undefined) {
    throw new UsageError('TASK_UNKNOWN', `Expected ${manifest.name} to have the task ${task}, found none`, {
      hint: 'Name the bundle that the file was scored with.',
    });
  }
  return { labels: known.labels, isMulti: known.problemType === 'multi_label_classification' };
}
