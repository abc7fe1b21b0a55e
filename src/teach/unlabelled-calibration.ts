import type { ProblemType } from '../protocol.ts';
import type { Calibration } from './left-out-rows.ts';
import { fitted, type RidgeFit } from './ridge.ts';

/** Labels that a text gets on average, where a task allows several: what codeframes for comments come to. */
const labelsPerText = 1.3;
/** No label is expected to fit more texts than this. */
const largestShare = 0.6;
/** How far keywords are believed about how frequent labels are, against all being equally frequent. */
const trust = 0.5;
/** How fast a score rises with the spread of a label's scores. */
const slope = 2;
/** Texts that are looked at. */
const maxTexts = 20_000;

/**
 * What makes scores of a fit to hints only. A label's scores on real texts are brought to one mean and spread, since
 * a label with a long description is not more frequent; how many texts a label gets follows from how many hold one
 * of its keywords.
 * @param texts how many of the fit's texts are real ones
 * @param hits texts with a keyword, per label
 */
export function calibrateByTexts(
  fit: RidgeFit,
  { texts, hits }: { texts: number; hits: readonly number[] },
  problemType: ProblemType,
): Calibration {
  const { labels } = fit.sums.problem;
  const count = Math.min(texts, maxTexts);
  const values = Array.from({ length: labels }, () => new Float64Array(count));
  for (let text = 0; text < count; text++) {
    fitted(fit, text, undefined).forEach((value, label) => ((values[label] as Float64Array)[text] = value));
  }
  const allHits = hits.reduce((sum, some) => sum + some, 0);
  const scale = new Float64Array(labels);
  const shift = new Float64Array(labels);
  values.forEach((own, label) => {
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    const spread = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    const factor = slope / Math.max(spread, 1e-6);
    const believed = allHits === 0 ? 1 / labels : (hits[label] as number) / allHits;
    const share = Math.min(largestShare, labelsPerText * ((1 - trust) / labels + trust * believed));
    // Here the label fits as many texts as it should; it becomes a score of one half.
    const border = own.toSorted((one, other) => other - one)[Math.floor(share * count)] ?? mean;
    scale[label] = factor;
    shift[label] = -border * factor;
  });
  const isMulti = problemType === 'multi_label_classification';
  return { scale, shift, thresholds: isMulti ? values.map(() => 0.5) : undefined };
}
