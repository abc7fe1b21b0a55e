/** Ratio by which a search for a scale narrows. */
const golden = (Math.sqrt(5) - 1) / 2;

/** Scales that are tried: from logits that hardly differ to near certainty. */
const scales = { least: 0.5, most: 60 };

/**
 * The factor that makes the softmax of scores most truthful about the right labels: temperature scaling, by the
 * mean of their negative log-likelihood.
 * @param scores float64 [rows, labels]
 * @param gold the right label of each row
 */
export function fitScale(
  scores: Float64Array,
  gold: readonly number[],
  labels: number,
): { scale: number; loss: number } {
  const lossOf = (scale: number): number => {
    let sum = 0;
    gold.forEach((label, row) => {
      const first = row * labels;
      let largest = -Infinity;
      for (let at = 0; at < labels; at++) largest = Math.max(largest, scale * (scores[first + at] as number));
      let total = 0;
      for (let at = 0; at < labels; at++) total += Math.exp(scale * (scores[first + at] as number) - largest);
      sum += largest + Math.log(total) - scale * (scores[first + label] as number);
    });
    return sum / gold.length;
  };
  const logarithm = goldenSection(
    (value) => lossOf(Math.exp(value)),
    Math.log(scales.least),
    Math.log(scales.most),
  );
  return { scale: Math.exp(logarithm), loss: lossOf(Math.exp(logarithm)) };
}

/** Where a function with one valley is lowest. */
function goldenSection(valueAt: (place: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [atLeft, atRight] = [valueAt(left), valueAt(right)];
  for (let step = 0; step < 30; step++) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - golden * (high - low);
      atLeft = valueAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + golden * (high - low);
      atRight = valueAt(right);
    }
  }
  return (low + high) / 2;
}

export interface LogisticFit {
  scale: number;
  shift: number;
  /** Mean negative log-likelihood. */
  loss: number;
}

/**
 * Scale and shift that make the sigmoid of one label's scores most truthful (Platt 1999, with his smoothed
 * targets, and Newton's method).
 */
export function fitSigmoid(scores: Float64Array, applies: Uint8Array): LogisticFit {
  const positives = applies.reduce((sum, value) => sum + value, 0);
  const negatives = applies.length - positives;
  const [low, high] = [1 / (negatives + 2), (positives + 1) / (positives + 2)];
  let scale = 0;
  let shift = Math.log((positives + 1) / (negatives + 1));
  const lossOf = (one: number, other: number): number => {
    let sum = 0;
    for (let row = 0; row < scores.length; row++) {
      const logit = one * (scores[row] as number) + other;
      const target = applies[row] === 1 ? high : low;
      sum += Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit)));
    }
    return sum / scores.length;
  };
  let loss = lossOf(scale, shift);
  for (let step = 0; step < 50; step++) {
    let [slope, offset, curve, mixed, flat] = [0, 0, 1e-9, 0, 1e-9];
    for (let row = 0; row < scores.length; row++) {
      const score = scores[row] as number;
      const probability = 1 / (1 + Math.exp(-(scale * score + shift)));
      const error = probability - (applies[row] === 1 ? high : low);
      const spread = probability * (1 - probability);
      slope += error * score;
      offset += error;
      curve += spread * score * score;
      mixed += spread * score;
      flat += spread;
    }
    const determinant = curve * flat - mixed * mixed;
    const [down, aside] = [
      (flat * slope - mixed * offset) / determinant,
      (curve * offset - mixed * slope) / determinant,
    ];
    let length = 1;
    while (length > 1e-6 && !(lossOf(scale - length * down, shift - length * aside) <= loss)) length /= 2;
    if (length <= 1e-6) break;
    scale -= length * down;
    shift -= length * aside;
    const now = lossOf(scale, shift);
    if (loss - now < 1e-10) break;
    loss = now;
  }
  return { scale, shift, loss };
}

/** Thresholds that are tried. */
const thresholdGrid = Array.from({ length: 91 }, (_, step) => (step + 5) / 100);
/** Rows that the choice for all labels counts like, against a label's own: a label with few rows follows the others. */
const sharedRows = 10;

/**
 * Thresholds per label by F1 on rows that were left out of the fit.
 * @param scores from 0 to 1, float64 [rows, labels]
 * @param applies uint8 [rows, labels]
 * @param uses which rows to look at
 */
export function chooseThresholds(
  scores: Float64Array,
  applies: Uint8Array,
  labels: number,
  uses: (row: number) => boolean = () => true,
): number[] {
  const steps = thresholdGrid.length;
  /** By label and step: rows at or above it that have the label, and that have not. */
  const right = new Float64Array(labels * steps);
  const wrong = new Float64Array(labels * steps);
  const support = new Float64Array(labels);
  for (let row = 0; row < scores.length / labels; row++) {
    if (!uses(row)) continue;
    for (let label = 0; label < labels; label++) {
      const isGold = applies[row * labels + label] === 1;
      if (isGold) support[label] = (support[label] as number) + 1;
      const score = scores[row * labels + label] as number;
      // The last step that the score reaches; those below follow by summing up.
      const step = Math.min(Math.floor(score * 100 + 1e-9) - 5, steps - 1);
      if (step < 0) continue;
      const side = isGold ? right : wrong;
      side[label * steps + step] = (side[label * steps + step] as number) + 1;
    }
  }
  for (let label = 0; label < labels; label++) {
    for (let step = steps - 2; step >= 0; step--) {
      const at = label * steps + step;
      right[at] = (right[at] as number) + (right[at + 1] as number);
      wrong[at] = (wrong[at] as number) + (wrong[at + 1] as number);
    }
  }
  const f1 = (label: number, step: number): number => {
    const at = label * steps + step;
    const reached = (right[at] as number) + (wrong[at] as number);
    const whole = reached + (support[label] as number);
    return whole === 0 ? 0 : (2 * (right[at] as number)) / whole;
  };
  const overall = thresholdGrid.map((_, step) => {
    let sum = 0;
    for (let label = 0; label < labels; label++) sum += f1(label, step);
    return sum / labels;
  });
  return Array.from({ length: labels }, (_, label) => {
    const rows = support[label] as number;
    let best = 0;
    let bestValue = -1;
    for (let step = 0; step < steps; step++) {
      const value = (rows * f1(label, step) + sharedRows * (overall[step] as number)) / (rows + sharedRows);
      if (value <= bestValue) continue;
      best = step;
      bestValue = value;
    }
    return thresholdGrid[best] as number;
  });
}
