import { UsageError } from '../errors.ts';
import { didYouMean, plainForm } from '../text/did-you-mean.ts';
import { isJsonObject, leafPaths } from './json-fields.ts';
import type { RecordsHead, Row } from './row.ts';
import { nameList } from '../text/name-list.ts';

/** Rows of JSONL, which may each lack the text, that are looked at before it counts as unknown. */
const rowsUntilUnknown = 100;

/** Names that a column with the text to score goes by in exports; lower case, spaces for `_` and `-`. */
const usualNames = new Set(
  [
    'text,texts,comment,comments,comment text,feedback,feedback text,verbatim,verbatims,review,reviews',
    'review text,review body,open text,open ended,opinion,answer,answers,answer text,response,responses',
    'response text,message,messages,body,content,free text,remark,remarks,suggestion,suggestions',
    // de, nl, fr, es, pt, it
    'kommentar,kommentare,bewertung,rückmeldung,antwort,freitext,opmerking,opmerkingen,reactie',
    'commentaire,commentaires,avis,réponse,comentario,comentarios,opinión,respuesta',
    'comentário,comentários,avaliação,resposta,commento,commenti,recensione,risposta',
    // pl, ru, tr, vi, id
    'komentarz,opinia,комментарий,комментарии,отзыв,отзывы,ответ,текст,yorum,yorumlar,geri bildirim',
    'bình luận,phản hồi,đánh giá,komentar,ulasan',
    // ar, hi, th, ja, ko, zh
    'تعليق,التعليق,ملاحظات,टिप्पणी,प्रतिक्रिया,ความคิดเห็น,コメント,レビュー,ご意見,感想',
    '의견,댓글,리뷰,评论,评价,反馈,評論,意見',
  ].flatMap((names) => names.normalize('NFC').split(',')),
);

export interface TextColumns {
  columns: string[];
  /** Whether the columns were recognised by name and not told, which a person should hear about. */
  guessed: boolean;
}

/**
 * The columns to score: those wanted; or the only column; or the only one with a usual name.
 * For JSONL any dotted path may be wanted: {@link requireTextPaths} finds out whether rows have it.
 * @throws {UsageError} when a wanted column is unknown, wanted twice or stands twice in the header,
 * and when there is nothing wanted and no clear guess.
 */
export function resolveTextColumns(head: RecordsHead, wanted: string[] | undefined): TextColumns {
  if (wanted === undefined || wanted.length === 0) return { columns: [guess(head)], guessed: true };
  for (const [index, column] of wanted.entries()) {
    if (wanted.indexOf(column) !== index) {
      throw new UsageError('TEXT_COLUMN_TWICE', `Expected different text columns, got \`${column}\` twice`);
    }
    if (head.format === 'jsonl') continue;
    if (!head.columns.includes(column)) throw unknownColumn(column, head.columns);
    requireSingle(column, head.columns);
  }
  return { columns: wanted, guessed: false };
}

function guess(head: RecordsHead): string {
  const { columns } = head;
  const candidates =
    columns.length === 1 ? columns : columns.filter((name) => usualNames.has(plainForm(name)));
  const [column] = candidates;
  if (column !== undefined && candidates.length === 1) return column;
  if (column === undefined) {
    throw new UsageError(
      'TEXT_COLUMN_NOT_GUESSED',
      columns.length === 0
        ? 'Expected a column of text, found no columns'
        : `Expected a column with a usual name such as \`text\` or \`comment\`, found ${nameList(columns)}`,
      { hint: 'Name the column to score: `--text <column>`.' },
    );
  }
  requireSingle(column, candidates);
  const message = `Expected one column of text, found several: ${nameList(candidates)}`;
  const hint = 'Name the ones to score: `--text <column>`, once for each.';
  throw new UsageError('TEXT_COLUMN_AMBIGUOUS', message, { hint });
}

function requireSingle(column: string, columns: string[]): void {
  if (columns.indexOf(column) === columns.lastIndexOf(column)) return;
  const message = `Expected one column named \`${column}\`, found several in the header`;
  throw new UsageError('TEXT_COLUMN_DUPLICATED', message, { hint: 'Give the columns different names.' });
}

/**
 * Passes rows on once each path was found in one of them. Only while one is missing are rows held back.
 * @param found - kept up to date by the reader of `batches`
 * @throws {UsageError} when the first 100 rows, or all of them, lack one.
 */
export async function* requireTextPaths(
  batches: AsyncGenerator<Row[]>,
  { textColumns, found }: { textColumns: string[]; found: boolean[] },
): AsyncGenerator<Row[]> {
  const held: Row[] = [];
  for await (const rows of batches) {
    if (found.every(Boolean)) {
      if (held.length > 0) yield held.splice(0);
      yield rows;
      continue;
    }
    held.push(...rows);
    if (held.length < rowsUntilUnknown) continue;
    if (held.some(({ rejected }) => rejected === undefined)) break;
    // Nothing can be said of rows that could not be read.
    yield held.splice(0);
  }
  if (held.every(({ rejected }) => rejected !== undefined)) {
    if (held.length > 0) yield held;
    return;
  }
  const missing = textColumns[found.indexOf(false)];
  if (held.length > 0 && missing !== undefined) throw unknownColumn(missing, pathsOf(held));
}

function pathsOf(rows: Row[]): string[] {
  const records: unknown[] = rows.flatMap(({ json }) => (json === undefined ? [] : [JSON.parse(json)]));
  return [...new Set(records.filter(isJsonObject).flatMap((record) => leafPaths(record)))];
}

function unknownColumn(wanted: string, columns: string[]): UsageError {
  const found = columns.length === 0 ? 'no columns' : nameList(columns);
  return new UsageError('TEXT_COLUMN_NOT_FOUND', `Expected a column named \`${wanted}\`, found ${found}`, {
    hint:
      didYouMean(wanted, columns, (name) => `--text ${quoteWord(name)}`) ??
      'Name one of these with `--text`.',
  });
}

function quoteWord(word: string): string {
  return /^[\p{L}\p{N}_.-]+$/u.test(word) ? word : `'${word}'`;
}
