import { blankPredictions, type ShardPredictions } from '../protocol.ts';
import type { ExplainedLabel } from '../records/explained-label.ts';
import { placeInCell } from '../records/place-in-cell.ts';
import type { Rejected } from '../records/rejected.ts';
import type { Row } from '../records/row.ts';
import { type ExplainOptions, explainTexts } from './explain-texts.ts';
import type { Scorer } from './scorer.ts';

/** Which rows are explained, and what their labels are. */
export interface RowExplainer extends Omit<ExplainOptions, 'predict'> {
  /** Only rows that are marked so. */
  onlyMarked: boolean;
}

/** Explained labels of the texts of the rows that are asked for, with places in cells in code points. */
export async function explainRows(
  rows: readonly Row[],
  { predictions, rejected }: { predictions: ShardPredictions; rejected: Rejected },
  explain: RowExplainer,
  scorer: Pick<Scorer, 'score'>,
): Promise<Map<number, ExplainedLabel[]>> {
  const asked = rows.flatMap((row, index) => {
    if (rejected.has(index) || (explain.onlyMarked && row.isExplained !== true)) return [];
    return row.texts.map((text, column) => ({
      text,
      at: index * row.texts.length + column,
      placed: row.cellPlaces?.[column],
    }));
  });
  const labels = await explainTexts(
    asked.map(({ text }) => text),
    {
      ...predictions,
      ...rowsAt(
        predictions,
        asked.map(({ at }) => at),
        explain.thresholds.length,
      ),
    },
    { ...explain, predict: async (texts) => (await scorer.score({ texts })).predictions },
  );
  return new Map(
    asked.map(({ text, at, placed }, index) => [
      at,
      (labels[index] ?? []).map(({ task, label, parts }) => {
        const placeOf = placeInCell(text, placed);
        return {
          task,
          label,
          parts: parts.map(({ start, end, weight }) => {
            const [from, to] = placeOf({ start, end });
            return { start: from, end: to, text: text.slice(start, end), weight };
          }),
        };
      }),
    ]),
  );
}

/** The predictions at some places, side by side. */
function rowsAt(
  { scores, assigned, flags }: ShardPredictions,
  places: readonly number[],
  width: number,
): Pick<ShardPredictions, 'scores' | 'assigned' | 'flags'> {
  const some = blankPredictions(places.length, width);
  places.forEach((place, row) => {
    some.scores.set(scores.subarray(place * width, (place + 1) * width), row * width);
    some.assigned.set(assigned.subarray(place * width, (place + 1) * width), row * width);
    some.flags[row] = flags[place] as number;
  });
  return some;
}
