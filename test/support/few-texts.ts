/** Few different texts, so that many rows are little to compute; a quote and a line break among them. */
const texts = [
  'good service',
  'terrible, it "crashes"',
  '',
  'the queue\nwas long',
  'please add dark mode',
  'ok',
];

/** Rows of a table as Excel saves it in much of Europe. */
export function makeCsv(from: number, to: number): string {
  let text = '\ufeffid;comment\r\n';
  for (let row = from; row < to; row++) {
    text += `${row};"${texts[(row * 7) % texts.length]?.replaceAll('"', '""')}"\r\n`;
  }
  return text;
}

/** Rows as JSON lines. */
export function makeJsonl(rows: number): string {
  return Array.from(
    { length: rows },
    (_, id) => `${JSON.stringify({ id, comment: texts[id % texts.length] })}\n`,
  ).join('');
}
