import { PredictError } from '../errors.ts';
import { blankPredictions, type PredictCounts, type Shard, type ShardPredictions } from '../protocol.ts';

/** A text that the model cannot score, by its place in the shard. */
export interface TextFailure {
  text: number;
  code: string;
  message: string;
}

export interface RobustPredictions {
  predictions: ShardPredictions;
  failures: TextFailure[];
}

/**
 * Scores a shard so that one bad text costs only itself. A shard whose worker died or fell silent is tried once more, as the
 * cause may lie outside; one that fails again, or whose model fails, is halved until the texts that fail are
 * alone. Predictions do not depend on neighbours, so halving changes nothing for the others.
 * @param labelCount labels of all scored tasks
 * @throws every error that is not about a text, such as a bundle that cannot be loaded
 */
export async function scoreRobustly(
  shard: Shard,
  score: (shard: Shard) => Promise<ShardPredictions>,
  labelCount: number,
): Promise<RobustPredictions> {
  try {
    return { predictions: await score(shard), failures: [] };
  } catch (error) {
    if (!(error instanceof PredictError)) throw error;
    if (error.code === 'WORKER_DIED' || error.code === 'WORKER_TIMEOUT') {
      const retried = await score(shard).catch((again: unknown) => again as Error);
      if (!(retried instanceof Error)) return { predictions: retried, failures: [] };
      if (!(retried instanceof PredictError)) throw retried;
    }
    return isolate(shard, score, labelCount, error);
  }
}

async function isolate(
  { texts }: Shard,
  score: (shard: Shard) => Promise<ShardPredictions>,
  labelCount: number,
  error: PredictError,
): Promise<RobustPredictions> {
  if (texts.length === 1) {
    return {
      predictions: blankPredictions(1, labelCount),
      failures: [{ text: 0, code: error.code, message: error.message }],
    };
  }
  const middle = texts.length >> 1;
  const halves: RobustPredictions[] = [];
  for (const half of [texts.slice(0, middle), texts.slice(middle)]) {
    const failed = await score({ texts: half }).catch((again: unknown) => again as Error);
    if (!(failed instanceof Error)) halves.push({ predictions: failed, failures: [] });
    else if (failed instanceof PredictError)
      halves.push(await isolate({ texts: half }, score, labelCount, failed));
    else throw failed;
  }
  const [first, second] = halves as [RobustPredictions, RobustPredictions];
  return {
    predictions: join(first.predictions, second.predictions),
    failures: [
      ...first.failures,
      ...second.failures.map(({ text, code, message }) => ({ text: text + middle, code, message })),
    ],
  };
}

function join(first: ShardPredictions, second: ShardPredictions): ShardPredictions {
  const counts = { ...first.counts };
  for (const key of Object.keys(counts) as (keyof PredictCounts)[]) counts[key] += second.counts[key];
  const scores = new Float32Array(first.scores.length + second.scores.length);
  scores.set(first.scores);
  scores.set(second.scores, first.scores.length);
  const assigned = Buffer.concat([first.assigned, second.assigned]);
  return { scores, assigned, flags: Buffer.concat([first.flags, second.flags]), counts };
}
