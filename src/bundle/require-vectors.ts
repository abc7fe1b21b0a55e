import { BundleError } from '../errors.ts';
import type { BundleVectors } from './bundle-json.ts';
import type { BundleDescription } from './load-bundle.ts';

/**
 * The sentence vector that a bundle gives.
 * @throws BundleError for a bundle that has none, so that nothing can be taught on it
 */
export function requireVectors({ path, manifest }: BundleDescription): BundleVectors {
  if (manifest.vectors !== undefined) return manifest.vectors;
  throw new BundleError(
    'VECTORS_MISSING',
    `${path}: expected a bundle with sentence vectors to teach on, found none in ${manifest.name} ${manifest.version}`,
    { hint: 'Teach on a bundle whose `voxpop model show` has a line `vectors`.' },
  );
}
