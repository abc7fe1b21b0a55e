import { UsageError } from '../errors.ts';
import { type LabelFacts, type LabelRole, labelRoles, type RoleLabels } from '../label-facts.ts';
import { splitPair } from '../options.ts';
import { languageTask } from '../label-facts.ts';
import type { ScoredTask } from '../scored/scored-file.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { shellWord } from '../text/shell-word.ts';

/** Which labels of a file stand for what. */
export type Roles = Partial<Record<LabelRole, RoleLabels>>;

/** Roles with the labels that groups and periods are compared by. */
export type FocusedRoles = Roles & { focus: RoleLabels };

const exampleLabels = 'actionability=problem';
export const exampleRole = `problem=${exampleLabels}`;

/** Roles of which a report has no section without. */
const expected = ['negative', 'positive', 'problem', 'suggestion', 'question', 'topic'] as const;

/**
 * The roles that hold for a file: those that are asked for, else those that the bundle tells, as far as the file has
 * the task; and those that nothing tells.
 * @throws UsageError for a role, a task or a label that there is not
 */
export function resolveRoles(
  tasks: readonly ScoredTask[],
  facts: LabelFacts,
  told: readonly string[],
): { roles: Roles; missing: LabelRole[] } {
  const roles: Roles = {};
  for (const role of labelRoles) {
    const known = facts.roles[role];
    const task = tasks.find(({ name }) => name === known?.task);
    if (known === undefined || task === undefined) continue;
    const labels = known.labels.filter((label) => task.labels?.includes(label) ?? true);
    if (labels.length > 0 || known.labels.length === 0) roles[role] = { task: known.task, labels };
  }
  for (const each of told) Object.assign(roles, parseRole(each, tasks));
  const topic = roles.topic ?? likelyTopic(tasks, roles);
  if (topic !== undefined) roles.topic = topic;
  // A file with some of the tasks that have roles was meant to be without the others.
  const fits = labelRoles.some((role) => tasks.some(({ name }) => name === facts.roles[role]?.task));
  const missing = expected.filter(
    (role) => roles[role] === undefined && !(fits && facts.roles[role] !== undefined),
  );
  return { roles, missing };
}

/**
 * Without a word on topics, the task of those with several labels per text that has most of them is taken for them;
 * where nothing tells these, the first one beside the task that groups are compared by.
 */
function likelyTopic(tasks: readonly ScoredTask[], roles: Roles): RoleLabels | undefined {
  const taken = new Set([languageTask, ...Object.values(roles).map(({ task }) => task)]);
  if (taken.size === 1) taken.add(tasks.find(({ name }) => name !== languageTask)?.name ?? '');
  const others = tasks.filter(({ name }) => !taken.has(name));
  const [most] = others
    .filter(({ isMulti }) => isMulti)
    .toSorted((one, other) => (other.labels?.length ?? 0) - (one.labels?.length ?? 0));
  const likely = most ?? others[0];
  return likely && { task: likely.name, labels: [] };
}

function parseRole(given: string, tasks: readonly ScoredTask[]): Roles {
  const [name, rest] = splitPair('role', given, exampleRole);
  const role = labelRoles.find((each) => each === name);
  if (role === undefined) {
    throw new UsageError(
      'ROLE_UNKNOWN',
      `Expected --role to begin with ${labelRoles.join(', ')}, got ${name}`,
      {
        hint: didYouMean(name, labelRoles, (near) => `--role ${shellWord(`${near}=${rest}`)}`),
      },
    );
  }
  const [taskName, list] = rest.includes('=') ? splitPair('role', rest, exampleLabels) : [rest, ''];
  const task = tasks.find((each) => each.name === taskName);
  if (task === undefined) {
    const names = tasks.map((each) => each.name);
    throw new UsageError(
      'ROLE_UNKNOWN',
      `Expected --role ${role} to name a task (${names.join(', ')}), got ${taskName}`,
      {
        hint: didYouMean(
          taskName,
          names,
          (near) => `--role ${shellWord(`${role}=${near}${list && `=${list}`}`)}`,
        ),
      },
    );
  }
  const labels = list.split(',').filter((label) => label !== '');
  if (labels.length === 0 && role !== 'topic') {
    throw new UsageError('ROLE_UNKNOWN', `Expected --role ${role} to name labels of ${taskName}, got none`, {
      hint: `Write it like \`--role ${exampleRole}\`; several labels with commas.`,
    });
  }
  const unknown = labels.find((label) => task.labels !== undefined && !task.labels.includes(label));
  if (unknown !== undefined && task.labels !== undefined) {
    throw new UsageError(
      'ROLE_UNKNOWN',
      `Expected --role ${role} to name labels of ${taskName} (${task.labels.join(', ')}), got ${unknown}`,
      {
        hint: didYouMean(
          unknown,
          task.labels,
          (near) => `--role ${shellWord(`${role}=${taskName}=${near}`)}`,
        ),
      },
    );
  }
  return { [role]: { task: taskName, labels } };
}

/** Says which parts a report has to do without, and how to get them. */
export function missingRolesNotice(missing: readonly LabelRole[]): string {
  const [first] = missing;
  return (
    `Nothing tells which labels are ${missing.join(', ')}, so what a report says of these is missing: ` +
    `name them with --role, as in \`--role ${first}=<task>=<label>\`, or in the bundle's bundle.json`
  );
}

/**
 * The labels that groups and periods are compared by: those that are asked for, else what is negative. Undefined
 * when neither is there.
 * @throws UsageError for a task or a label that there is not
 */
export function resolveFocus(
  tasks: readonly ScoredTask[],
  roles: Roles,
  told: string | undefined,
): RoleLabels | undefined {
  if (told === undefined) return roles.negative;
  const [name, list] = splitPair('focus', told, exampleLabels);
  const task = tasks.find((each) => each.name === name);
  const names = tasks.map((each) => each.name);
  const labels = list.split(',');
  if (task === undefined) {
    const message = `Expected --focus to name a task (${names.join(', ')}), got ${name}`;
    const hint = didYouMean(name, names, (near) => `--focus ${shellWord(`${near}=${list}`)}`);
    throw new UsageError('FOCUS_UNKNOWN', message, { hint });
  }
  requireFocusLabels(name, labels, task.labels);
  return { task: name, labels };
}

/** @throws UsageError for a label that is not among those that there are, if these are known */
export function requireFocusLabels(
  task: string,
  labels: readonly string[],
  known: readonly string[] | undefined,
): void {
  const unknown = labels.find((label) => known !== undefined && !known.includes(label));
  if (known === undefined || unknown === undefined) return;
  throw new UsageError(
    'FOCUS_UNKNOWN',
    `Expected --focus to name labels of ${task} (${known.join(', ')}), got ${unknown}`,
    { hint: didYouMean(unknown, known, (near) => `--focus ${shellWord(`${task}=${near}`)}`) },
  );
}
