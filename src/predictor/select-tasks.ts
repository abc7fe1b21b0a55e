import type { BundleTask } from '../bundle/bundle-json.ts';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';

export interface TaskChoice {
  /** Tasks to score; all of the bundle when absent. The order is always the bundle's. */
  tasks?: string[] | undefined;
  /** Threshold per task, in place of the bundle's own per label. For a single-label task: below it, no label. */
  thresholds?: Record<string, number> | undefined;
}

/**
 * The tasks asked for, in bundle order.
 * @throws UsageError when a task is asked for that the bundle does not have
 */
export function selectTasks(tasks: readonly BundleTask[], options: TaskChoice): BundleTask[] {
  const known = tasks.map((task) => task.name);
  for (const name of [...(options.tasks ?? []), ...Object.keys(options.thresholds ?? {})]) {
    if (known.includes(name)) continue;
    throw new UsageError(
      'TASK_UNKNOWN',
      `Expected a task of the bundle (${known.join(', ')}), found ${name}`,
      { hint: didYouMean(name, known) },
    );
  }
  return tasks.filter((task) => options.tasks === undefined || options.tasks.includes(task.name));
}
