/** The task whose prediction stands in for a column with the language. */
export const languageTask = 'language';

/** Roles that say how a text, or what it says on a topic, is meant. */
export const sentimentRoles = ['negative', 'mixed', 'neutral', 'positive'] as const;
export type SentimentRole = (typeof sentimentRoles)[number];

/**
 * What labels stand for in a report, whatever a bundle calls them. `topic` is the task whose labels say what a text
 * is about; `unspecific` are those of its labels that name nothing that could be worked on.
 */
export const labelRoles = [
  ...sentimentRoles,
  'problem',
  'suggestion',
  'question',
  'no_feedback',
  'topic',
  'unspecific',
  'customers',
  'employees',
] as const;

export type LabelRole = (typeof labelRoles)[number];

/** Labels of one task; none stands for all of them. */
export interface RoleLabels {
  task: string;
  labels: string[];
}

/** Rows of a task with one label per text, by true label and predicted label. */
export type LabelConfusion = Record<string, Record<string, number>>;

/** Rows of a label of which a text can have several: rightly given, left out, wrongly given, rightly left out. */
export interface LabelHits {
  hit: number;
  missed: number;
  wrong: number;
  none: number;
}

/** What a reader of labels has to know besides the labels; it stands in `bundle.json` and in manifests. */
export interface LabelFacts {
  roles: Partial<Record<LabelRole, RoleLabels>>;
  /** Names for people, by task and label. */
  names: Record<string, Record<string, string>>;
  /** How labels turned out on rows whose true labels are known, by task. */
  confusion: Record<string, LabelConfusion>;
  /** The same for tasks with several labels per text, by task and label. */
  hits: Record<string, Record<string, LabelHits>>;
}

export const noLabelFacts: LabelFacts = { roles: {}, names: {}, confusion: {}, hits: {} };

/**
 * Reads label facts and passes over what is not of their form, so that a file of a later version stays readable.
 * Whoever writes them checks more.
 */
export function readLabelFacts(value: unknown): LabelFacts {
  const { roles, names, confusion, hits } = objectOf(value);
  return {
    roles: Object.fromEntries(
      labelRoles.flatMap((role) => {
        const { task, labels } = objectOf(objectOf(roles)[role]);
        const isRole = typeof task === 'string' && Array.isArray(labels);
        return isRole ? [[role, { task, labels: labels.filter((each) => typeof each === 'string') }]] : [];
      }),
    ),
    names: mapObject(names, (labels) =>
      mapObject(labels, (name) => (typeof name === 'string' && name !== '' ? name : undefined)),
    ),
    confusion: mapObject(confusion, (rows) => mapObject(rows, (columns) => mapObject(columns, countOf))),
    hits: mapObject(hits, (labels) =>
      mapObject(labels, (counts) => {
        const [hit, missed, wrong, none] = (['hit', 'missed', 'wrong', 'none'] as const).map((key) =>
          countOf(objectOf(counts)[key]),
        );
        const isWhole = [hit, missed, wrong, none].every((each) => each !== undefined);
        return isWhole ? ({ hit, missed, wrong, none } as LabelHits) : undefined;
      }),
    ),
  };
}

/**
 * The facts under the labels that were written. A label with a new name loses its name for people, as it has one now;
 * figures of labels that were merged are added up where that is right.
 * @param tasks tasks that were scored
 * @param rename gives the written label of a task's label
 */
export function renameLabelFacts(
  facts: LabelFacts,
  tasks: readonly string[],
  rename: (task: string, label: string) => string,
): LabelFacts {
  const ofScored = <Value>(table: Record<string, Value>): [string, Value][] =>
    Object.entries(table).filter(([task]) => tasks.includes(task));
  return {
    roles: Object.fromEntries(
      // Those of tasks that were not scored stay: a report is then not surprised to be without them.
      Object.entries(facts.roles).map(([role, { task, labels }]) => [
        role,
        {
          task,
          labels: tasks.includes(task) ? [...new Set(labels.map((label) => rename(task, label)))] : labels,
        },
      ]),
    ),
    names: Object.fromEntries(
      ofScored(facts.names).map(([task, names]) => [
        task,
        Object.fromEntries(Object.entries(names).filter(([label]) => rename(task, label) === label)),
      ]),
    ),
    confusion: Object.fromEntries(
      ofScored(facts.confusion).map(([task, rows]) => {
        const sums = new Map<string, Map<string, number>>();
        for (const [truth, row] of Object.entries(rows)) {
          const sum = sums.get(rename(task, truth)) ?? new Map<string, number>();
          sums.set(rename(task, truth), sum);
          for (const [predicted, count] of Object.entries(row)) {
            const name = rename(task, predicted);
            sum.set(name, (sum.get(name) ?? 0) + count);
          }
        }
        return [task, Object.fromEntries([...sums].map(([truth, row]) => [truth, Object.fromEntries(row)]))];
      }),
    ),
    hits: Object.fromEntries(
      ofScored(facts.hits).map(([task, labels]) => {
        const named = Object.entries(labels).map(([label, counts]) => [rename(task, label), counts] as const);
        // A text may have several of the labels that were merged, so that their counts do not add up.
        const isAlone = ([name]: readonly [string, LabelHits]): boolean =>
          named.filter(([other]) => other === name).length === 1;
        return [task, Object.fromEntries(named.filter(isAlone))];
      }),
    ),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function objectOf(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {};
}

/** Keeps the entries for which there is a value. */
function mapObject<Value>(
  value: unknown,
  map: (value: unknown, key: string) => Value | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([key, each]) => {
      const mapped = map(each, key);
      return mapped === undefined ? [] : [[key, mapped]];
    }),
  );
}
