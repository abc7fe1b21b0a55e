import { type Bundle, loadBundle } from '../bundle/load-bundle.ts';
import { BundleError } from '../errors.ts';
import { seededRandom } from '../random.ts';
import { checkProbes, type ProbeComparison } from './check-probes.ts';
import { Predictor } from './predictor.ts';
import { ModelSession } from './session.ts';
import { TextTokenizer } from './tokenizer.ts';

/** Findings about a bundle that was run. */
export interface BundleVerification {
  bundle: Bundle;
  /** Whether the logits of every probed text were the same bit for bit in every company. */
  batchInvariant: boolean;
  /** Largest difference of a logit between two companies of the same text. */
  largestDifference: number;
  /** Comparisons of one text in one company with the text alone. */
  comparisons: number;
  /** Comparison with the reference; undefined for a bundle without probes. */
  probes: ProbeComparison | undefined;
}

const probeLengths = [3, 4, 5, 8, 13, 21, 32, 48, 64];
const probeBatches = [2, 3, 7, 16, 33];

/**
 * Loads a bundle with every check, runs it, compares ids and logits with its probes, and tries whether a text's logits
 * depend on what else is in the batch: texts of generated token ids are scored alone, then in batches of several sizes, twice each with
 * other neighbours and in another place. Sequence lengths are those that the predictor would use.
 * @throws BundleError, also when the probes come out otherwise, or the bundle claims to be batch invariant and is not
 */
export async function verifyBundle(path: string): Promise<BundleVerification> {
  const bundle = await loadBundle(path);
  const predictor = await Predictor.fromBundle(bundle);
  // The tokenizer and the whole way from text to labels, once.
  await predictor.predict(['a', '', 'The service was great. Der Service war toll. 服务很好。']);
  const session = await ModelSession.create(bundle);
  const tokenizer = TextTokenizer.ofBundle(bundle);
  const probes = await checkProbes(bundle, tokenizer, session);
  const probe = await probeBatchInvariance(bundle, session, tokenizer.highestId);
  if (bundle.manifest.batchInvariant && !probe.batchInvariant) {
    throw new BundleError(
      'BUNDLE_NOT_BATCH_INVARIANT',
      `${path}: bundle.json says batch_invariant, but logits moved by up to ${probe.largestDifference} with the neighbours`,
      { hint: 'Quantise with static (calibrated) activation scales, or set batch_invariant to false.' },
    );
  }
  return { bundle, probes, ...probe };
}

async function probeBatchInvariance(
  bundle: Bundle,
  session: ModelSession,
  highestId: number,
): Promise<Omit<BundleVerification, 'bundle' | 'probes'>> {
  const random = seededRandom(1);
  const ids = Array.from({ length: highestId + 1 }, (_, id) => id).filter(
    (id) => id !== bundle.manifest.padTokenId,
  );
  /** Logits of all tasks, and sentence vectors: heads that were taught depend on those. */
  const runAll = async (texts: number[][], length: number): Promise<Float32Array[]> => {
    const { logits, vectors } = await session.run(texts, length, true);
    return [...logits, vectors].filter((output) => output !== undefined);
  };
  let largestDifference = 0;
  let comparisons = 0;
  for (const length of probeLengths.filter((tokens) => tokens <= bundle.manifest.maxLength)) {
    const makeText = (): number[] =>
      Array.from({ length }, () => ids[Math.floor(random() * ids.length)] as number);
    const text = makeText();
    const alone = await runAll([text], length);
    for (const size of probeBatches) {
      for (const place of [0, size - 1]) {
        const batch = Array.from({ length: size }, (_, row) => (row === place ? text : makeText()));
        const together = await runAll(batch, length);
        largestDifference = Math.max(largestDifference, largestGap(alone, together, place));
        comparisons++;
      }
    }
  }
  return { batchInvariant: largestDifference === 0, largestDifference, comparisons };
}

/** Largest difference between the only row of `alone` and row `place` of `together`; NaN counts as infinite. */
function largestGap(alone: Float32Array[], together: Float32Array[], place: number): number {
  let largest = 0;
  alone.forEach((logits, task) => {
    logits.forEach((logit, label) => {
      const other = (together[task] as Float32Array)[place * logits.length + label] as number;
      const moved = Math.abs(logit - other);
      if (!Object.is(logit, other)) largest = Math.max(largest, Number.isNaN(moved) ? Infinity : moved);
    });
  });
  return largest;
}
