/** All that decides on the prediction of a text, besides the text. */
export interface Conditions {
  bundle: { name: string; version: string; sha256: string };
  /** Scored tasks, in bundle order. */
  tasks: string[];
  /** In place of the bundle's own, by task. */
  thresholds: Record<string, number>;
  /** Whether texts that are no feedback get the labels of all tasks. */
  keepNonAnswers: boolean;
  /** Whether texts that are longer than the model reads at once were read whole. */
  readWhole: boolean;
  voxpop: string;
  onnxruntime: string;
  /** CPU family: others may compute the last bits differently. */
  cpu: string;
}

/** One text per set of conditions, whatever the order in which options were given. */
export function describeConditions(conditions: Conditions): string {
  const { bundle, tasks, thresholds, keepNonAnswers, readWhole, voxpop, onnxruntime, cpu } = conditions;
  const { name, version, sha256 } = bundle;
  const sorted = Object.fromEntries(
    Object.entries(thresholds).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  return JSON.stringify({
    bundle: { name, version, sha256 },
    tasks,
    thresholds: sorted,
    keepNonAnswers,
    readWhole,
    voxpop,
    onnxruntime,
    cpu,
  });
}

/** What {@link describeConditions} wrote. */
export function readConditions(description: string): Conditions {
  return JSON.parse(description) as Conditions;
}
