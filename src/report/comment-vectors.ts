import { findBundle } from '../bundle/find-bundle.ts';
import { checkBundle } from '../bundle/load-bundle.ts';
import { WorkerPool } from '../pipeline/pool.ts';
import { normalised, type TextVectors } from './likeness.ts';

/** Texts that a worker gets in one message. */
const textsPerCall = 32;
const maxBatchTokens = 512;

/**
 * The sentence vectors that a bundle gives to texts; undefined for a bundle that has none.
 * @throws BundleError, PredictError; the signal's reason
 */
export async function commentVectors(
  model: string,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<TextVectors | undefined> {
  const { manifest, path: bundlePath, sha256: bundleSha256 } = await checkBundle(await findBundle(model));
  const { vectors: about } = manifest;
  if (about === undefined) return undefined;
  const vectors = new Float32Array(texts.length * about.size);
  const settings = {
    bundlePath,
    bundleSha256,
    tasks: [],
    thresholds: {},
    maxBatchTokens,
    // Which comments are shown must not depend on the ones beside them.
    deterministic: !manifest.batchInvariant,
    keepNonAnswers: false,
    readWhole: false,
  };
  const pool = new WorkerPool(settings, { workers: 1, timeoutMs: Infinity, signal });
  try {
    for (let from = 0; from < texts.length; from += textsPerCall) {
      signal?.throwIfAborted();
      const found = await pool.vectors(texts.slice(from, from + textsPerCall));
      found.forEach((vector, at) => {
        if (vector !== undefined) vectors.set(vector, (from + at) * about.size);
      });
    }
  } finally {
    await pool.close();
  }
  return normalised(vectors, about.size);
}
