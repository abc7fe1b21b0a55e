import { parse } from 'csv-parse/sync';

/** A row of `fixtures/feedback.csv`; every value a string. */
export interface FeedbackRow {
  id: string;
  date: string;
  channel: string;
  rating: string;
  country: string;
  comment: string;
}

export function parseFeedback(csv: string): FeedbackRow[] {
  return parse(csv, { columns: true });
}

/** The same rows as JSON lines: `rating` a number or null, everything else a string. */
export function feedbackJsonl(csv: string): string {
  return parseFeedback(csv)
    .map((row) => `${JSON.stringify({ ...row, rating: row.rating === '' ? null : Number(row.rating) })}\n`)
    .join('');
}
