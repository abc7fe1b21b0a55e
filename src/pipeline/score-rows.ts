import { rawOf } from '../records/raw.ts';
import { type Rejected, unreadRows } from '../records/rejected.ts';
import { rejectReason } from '../records/row-fault.ts';
import type { RecordsHead, Row } from '../records/row.ts';
import type { ShardPredictions } from '../protocol.ts';
import type { ExplainedLabel } from '../records/explained-label.ts';
import { placeInCell } from '../records/place-in-cell.ts';
import type { ScoredSentence, TextSentences } from '../records/sentence-view.ts';
import { addClause, type SentenceCutter } from '../text/sentences.ts';
import { inOrder } from './in-order.ts';
import { explainRows, type RowExplainer } from './explain-rows.ts';
import { type Opposites, type PairLayout, pairLabels, settleClauses } from './label-pairs.ts';
import type { Scorer } from './scorer.ts';
import { cutShards } from './shard.ts';

/**
 * Rows with what the model says of their texts: text `i` of row `r` is at `r * row.texts.length + i`. What it says of
 * sentences lies behind.
 */
export interface ScoredShard {
  rows: Row[];
  predictions: ShardPredictions;
  /** Rows that could not be read, or whose texts the model cannot score. */
  rejected: Rejected;
  /** By text, where sentences are asked for. */
  sentences?: TextSentences[];
  /** By text, for the rows in which words were asked for. */
  explained?: Map<number, ExplainedLabel[]>;
}

/** How sentences are made, and what is drawn from them. */
export interface SentencePlan {
  cut: SentenceCutter;
  pairs: readonly PairLayout[];
  opposites: readonly Opposites[];
  labelCount: number;
}

export interface ScoringPlan {
  /** Rows as the reader yields them. */
  rows: AsyncIterable<Row[]>;
  /** Facts about the input that are known before its first row. */
  head: RecordsHead;
  scorer: Pick<Scorer, 'score'>;
  /** Cut texts into sentences, too, and pair the labels of these tasks. */
  sentences?: SentencePlan | undefined;
  /** Find the words that carried labels, in the rows that are asked for; undefined: in none. */
  explain?: RowExplainer | undefined;
  /** Rows to leave out at the start; a multiple of `shardRows`, so that shards are cut at the same places. */
  skip: number;
  /** Rows to take at most, those left out included. */
  limit: number;
  /** Score rows as they arrive, and do not wait for full shards; only for bundles that are batch invariant. */
  promptly: boolean;
  /** Shards read ahead and not yet taken, at most; bounds memory. */
  maxShardsInFlight: number;
  /** Ends the reading; shards in flight still come. */
  signal: AbortSignal | undefined;
}

/** Scores rows shard by shard, in input order; the consumer's pace is the pace of reading. */
export async function* scoreRows(plan: ScoringPlan): AsyncGenerator<ScoredShard> {
  const scoreShard = async (rows: Row[]): Promise<ScoredShard> => {
    const cut = plan.sentences === undefined ? undefined : cutTexts(rows, plan.sentences.cut);
    const texts: string[] = [];
    for (const row of rows) texts.push(...row.texts);
    const { predictions, failures } = await plan.scorer.score({ texts: cut?.texts ?? texts });
    const rejected = unreadRows(rows);
    for (const { text, ...fault } of failures) {
      const own = cut?.owners[text] ?? text;
      const index = Math.floor((own * rows.length) / texts.length);
      if (rejected.has(index)) continue;
      rejected.set(index, rejectReason(fault, rawOf(rows[index] as Row, plan.head)));
    }
    const explained =
      plan.explain && (await explainRows(rows, { predictions, rejected }, plan.explain, plan.scorer));
    const scored = { rows, predictions, rejected, ...(explained === undefined ? {} : { explained }) };
    if (cut === undefined || plan.sentences === undefined) return scored;
    const { pairs, opposites, labelCount } = plan.sentences;
    const settled = opposites.reduce(
      (before, one) => settleClauses(one, before, labelCount, cut.clauses),
      predictions,
    );
    const rowsOf = { ...settled, width: labelCount };
    const sentences = cut.sentences.map((own, text): TextSentences => {
      const places = own.map(({ place }) => place);
      return {
        sentences: own,
        pairs: pairs.map((pair) => pairLabels(pair, rowsOf, text, places)),
      };
    });
    return { ...scored, predictions: settled, sentences };
  };
  yield* inOrder(cutShards(plan.rows, plan), scoreShard, plan.maxShardsInFlight);
}

/** Texts with their sentences. */
interface CutTexts {
  /** The texts, and behind them the sentences of those that have several. */
  texts: string[];
  /** Of each of `texts`, the text that it is or belongs to. */
  owners: number[];
  /** Those of `texts` that are clauses, by their sentences. */
  clauses: number[][];
  sentences: ScoredSentence[][];
}

function cutTexts(rows: readonly Row[], cut: SentenceCutter): CutTexts {
  const texts = rows.flatMap((row) => row.texts);
  const owners = texts.map((_, text) => text);
  const clauses: number[][] = [];
  let own = -1;
  const sentences = rows.flatMap((row) =>
    row.texts.map((text, column) => {
      own++;
      const placeOf = placeInCell(text, row.cellPlaces?.[column]);
      const spans = cut(text);
      return spans.map((span): ScoredSentence => {
        const sentence = text.slice(span.start, span.end);
        const [start, end] = placeOf(span);
        // A text of one sentence is predicted already.
        if (spans.length === 1) return { text: sentence, start, end, place: own };
        owners.push(own);
        addClause(clauses, span, texts.length);
        return { text: sentence, start, end, place: texts.push(sentence) - 1 };
      });
    }),
  );
  return { texts, owners, clauses, sentences };
}
