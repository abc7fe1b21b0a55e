import { type LabelFacts, labelRoles, readLabelFacts } from '../label-facts.ts';
import { type Json, type JsonChecker, show } from './json-checker.ts';

/**
 * Checks what a bundle says about its labels for reports: every role and name must be of labels that there are.
 * @throws BundleError naming the key, what was expected and what was found
 */
export function parseLabelFacts(
  check: JsonChecker,
  json: Json,
  tasks: readonly { name: string; labels: readonly string[] }[],
): LabelFacts {
  const labelsOf = (task: string, key: string): readonly string[] => {
    const found = tasks.find(({ name }) => name === task);
    return (
      found?.labels ?? check.fail(key, `a task (${tasks.map(({ name }) => name).join(', ')})`, show(task))
    );
  };
  const requireLabel = (task: string, label: string, key: string): void => {
    if (!labelsOf(task, key).includes(label)) check.fail(key, `a label of ${task}`, show(label));
  };
  for (const [role, value] of Object.entries(check.object(json['roles'] ?? {}, 'report.roles'))) {
    const key = `report.roles.${role}`;
    if (!labelRoles.some((each) => each === role)) {
      check.fail('report.roles', `by role (${labelRoles.join(', ')})`, show(role));
    }
    const object = check.object(value, key);
    const task = check.string(object, 'task', `${key}.`);
    labelsOf(task, `${key}.task`);
    for (const label of check.strings(object, 'labels', `${key}.`))
      requireLabel(task, label, `${key}.labels`);
  }
  for (const part of ['names', 'confusion', 'hits']) {
    for (const [task, labels] of Object.entries(check.object(json[part] ?? {}, `report.${part}`))) {
      const key = `report.${part}.${task}`;
      labelsOf(task, key);
      for (const label of Object.keys(check.object(labels, key))) requireLabel(task, label, key);
    }
  }
  return readLabelFacts(json);
}
