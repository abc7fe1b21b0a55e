import type { Bundle } from '../bundle/load-bundle.ts';
import type { Probes } from '../bundle/probes.ts';
import { BundleError } from '../errors.ts';
import { excerpt } from '../text/excerpt.ts';
import { sequenceLength } from './batch.ts';
import type { ModelSession } from './session.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** How a bundle's ids and logits compare with the reference's, which its probes hold. */
export interface ProbeComparison {
  texts: number;
  /** Texts all of whose logits are within the tolerance. */
  near: number;
  /** Largest difference of a logit from the reference, of any text. */
  largestDifference: number;
  tolerance: number;
}

/**
 * An int8 model may round one value in thousands to the other side on another kind of processor. In a text that
 * repeats one word that happens at all places at once, and shows: that much is no sign of another model.
 */
const strays = { share: 1 / 20, difference: 0.5 };

/**
 * Computes a bundle's probes and compares them with what they should be.
 * @returns undefined for a bundle without probes
 * @throws BundleError when a text has other ids, or more than stray texts have a logit that is further off than the
 * probes allow
 */
export async function checkProbes(
  bundle: Bundle,
  tokenizer: TextTokenizer,
  session: ModelSession,
): Promise<ProbeComparison | undefined> {
  if (bundle.probes === undefined) return undefined;
  const { probes, tolerance } = bundle.probes;
  requireSameIds(bundle, bundle.probes, tokenizer);
  let largest = { difference: 0, what: '' };
  let near = 0;
  for (const { text, ids, logits } of probes) {
    const { logits: found } = await session.run(
      [ids],
      Math.min(sequenceLength(ids.length), bundle.manifest.maxLength),
    );
    let own = 0;
    bundle.manifest.tasks.forEach(({ name, output, labels }, task) => {
      // A task that was taught has no logits of the reference.
      if (output === undefined) return;
      labels.forEach((label, index) => {
        const [is, expected] = [found[task]?.[index] as number, logits[output]?.[index] as number];
        // NaN is no number that a difference could be smaller than.
        const difference = Number.isNaN(is) ? Infinity : Math.abs(is - expected);
        own = Math.max(own, difference);
        if (difference <= largest.difference) return;
        const what = `the logit of ${name} ${label} is ${is}, in the reference ${expected}, for ${quote(text)}`;
        largest = { difference, what };
      });
    });
    if (own <= tolerance) near++;
  }
  const apart = probes.length - near;
  const areStrays = largest.difference <= strays.difference && apart <= strays.share * probes.length;
  if (apart > 0 && !areStrays) {
    throw wrong(
      bundle,
      `expected logits within ${tolerance} of those in probes.json, found ${largest.difference.toPrecision(2)}: ${largest.what}`,
    );
  }
  return { texts: probes.length, near, largestDifference: largest.difference, tolerance };
}

function requireSameIds(bundle: Bundle, { probes }: Probes, tokenizer: TextTokenizer): void {
  const other = probes.filter(({ text, ids }) => String(tokenizer.encode(text).ids) !== String(ids));
  const [first] = other;
  if (first === undefined) return;
  const found = tokenizer.encode(first.text).ids;
  throw wrong(
    bundle,
    `expected the token ids in probes.json, found others for ${other.length} of ${probes.length} texts: ` +
      `${quote(first.text)} has ${excerpt(found.join(' '), 80)}, in the reference ${excerpt(first.ids.join(' '), 80)}`,
  );
}

function quote(text: string): string {
  return JSON.stringify(excerpt(text, 60));
}

function wrong(bundle: Bundle, message: string): BundleError {
  return new BundleError('BUNDLE_PROBES_WRONG', `${bundle.path}: ${message}`, {
    hint: 'Its labels are not those of the model that it was made of; make it again, or score with another bundle.',
  });
}
