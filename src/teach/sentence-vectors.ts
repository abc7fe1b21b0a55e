import { createHash } from 'node:crypto';
import { bundleFiles } from '../bundle/bundle-files.ts';
import type { BundleDescription } from '../bundle/load-bundle.ts';
import { requireVectors } from '../bundle/require-vectors.ts';
import { inOrder } from '../pipeline/in-order.ts';
import { WorkerPool } from '../pipeline/pool.ts';
import { shardRows } from '../pipeline/shard.ts';
import { readVectorCache, vectorKey, writeVectorCache } from './vector-cache.ts';

export interface SentenceVectors {
  /** float32 [texts, size]; 0 for a text of which the tokenizer leaves nothing */
  vectors: Float32Array;
  size: number;
  /** Whether the text has a vector, uint8 [texts]. */
  isUsed: Uint8Array;
  /** Texts whose vectors were computed in an earlier round. */
  cached: number;
}

export interface VectorSettings {
  workers: number;
  batchTokens: number;
  timeoutMs: number;
  /** Where vectors of an earlier round are, and where these go; undefined for nowhere. */
  cachePath: string | undefined;
  signal: AbortSignal | undefined;
  onProgress: (texts: number) => void;
}

/**
 * The sentence vectors of texts, by worker threads as when scoring.
 * @throws BundleError for a body without sentence vectors; PredictError; the signal's reason
 */
export async function sentenceVectors(
  bundle: BundleDescription,
  texts: readonly string[],
  settings: VectorSettings,
): Promise<SentenceVectors> {
  const { size } = requireVectors(bundle);
  const { cachePath, workers, signal, onProgress } = settings;
  const body = bodyHash(bundle);
  const cache =
    cachePath === undefined ? new Map<string, Float32Array>() : await readVectorCache(cachePath, body, size);
  const vectors = new Float32Array(texts.length * size);
  const missing: number[] = [];
  texts.forEach((text, place) => {
    const known = cache.get(vectorKey(text));
    if (known === undefined) missing.push(place);
    else vectors.set(known, place * size);
  });
  onProgress(texts.length - missing.length);
  if (missing.length > 0) {
    const pool = new WorkerPool(
      {
        bundlePath: bundle.path,
        bundleSha256: bundle.sha256,
        tasks: [],
        thresholds: {},
        maxBatchTokens: settings.batchTokens,
        // What a text is taught with must not depend on the texts beside it.
        deterministic: true,
        keepNonAnswers: false,
        readWhole: false,
      },
      { workers, timeoutMs: settings.timeoutMs, signal },
    );
    try {
      const replies = inOrder(
        shardsOf(missing, signal),
        async (places) => ({
          places,
          found: await pool.vectors(places.map((place) => texts[place] as string)),
        }),
        2 * workers + 1,
      );
      let done = texts.length - missing.length;
      for await (const { places, found } of replies) {
        places.forEach((place, at) => {
          const vector = found[at];
          if (vector !== undefined) vectors.set(vector, place * size);
        });
        onProgress((done += places.length));
      }
    } finally {
      await pool.close();
    }
  }
  signal?.throwIfAborted();
  if (cachePath !== undefined && missing.length > 0)
    await writeVectorCache(cachePath, body, size, texts, vectors);
  const isUsed = Uint8Array.from(texts, (_, text) =>
    vectors.subarray(text * size, (text + 1) * size).some((value) => value !== 0) ? 1 : 0,
  );
  return { vectors, size, isUsed, cached: texts.length - missing.length };
}

async function* shardsOf(
  places: readonly number[],
  signal: AbortSignal | undefined,
): AsyncGenerator<number[]> {
  for (let from = 0; from < places.length; from += shardRows) {
    if (signal?.aborted === true) return;
    yield places.slice(from, from + shardRows);
  }
}

/** Names what vectors depend on: the model, the tokenizer, and how much of a text they see. */
function bodyHash({ manifest }: BundleDescription): string {
  const hashes = [bundleFiles.model, bundleFiles.tokenizer].map(
    (path) => manifest.files.find((file) => file.path === path)?.sha256,
  );
  const facts = [...hashes, manifest.maxLength, manifest.vectors?.output];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
