import type {
  EvaluationDocument,
  Measured,
  MetricChange,
  MetricName,
  SliceEvaluation,
} from './evaluation-document.ts';
import type { TaskMeasurement } from './task-tally.ts';

/**
 * Compares figures with those of a baseline. Where it holds every row, its predictions are measured again on the rows
 * and gold labels of now, so that rows added or corrected since do not look like a change of the model;
 * else, and for figures that need scores, the figures that it was saved with are taken.
 */
export function compareWithBaseline(
  baseline: EvaluationDocument,
  measurements: readonly [SliceEvaluation | undefined, TaskMeasurement][],
): MetricChange[] {
  return measurements.flatMap(([slice, { measured, before, differences }]) => {
    if (measured.rows === 0) return [];
    const saved = savedMetrics(baseline, measured, slice);
    const place = slice === undefined ? {} : { by: slice.by, value: slice.value };
    return (Object.entries(measured.metrics) as [MetricName, number][]).flatMap(([metric, now]) => {
      const again = before?.[metric as keyof typeof before];
      const former = again ?? saved?.[metric];
      if (former === undefined) return [];
      const interval = again === undefined ? undefined : differences?.[metric as keyof typeof before];
      return [
        { task: measured.task, ...place, metric, before: former, now, ...(interval ? { interval } : {}) },
      ];
    });
  });
}

function savedMetrics(
  baseline: EvaluationDocument,
  { task }: Measured,
  slice: SliceEvaluation | undefined,
): Measured['metrics'] | undefined {
  if (slice === undefined) {
    return baseline.tasks.find((each) => each.task === task && each.rows > 0)?.metrics;
  }
  return baseline.slices.find(
    (each) => each.task === task && each.by === slice.by && each.value === slice.value,
  )?.metrics;
}
