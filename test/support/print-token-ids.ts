/** `node print-token-ids.js <tokenizer.json>`: a line of JSON token ids for every JSON string that comes in as a line. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';

const path = process.argv[2] as string;
const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
// Nothing is cut off: the comparison is of whole texts.
const tokenizer = new TextTokenizer(json, 1_000_000, path);
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(tokenizer.encode(JSON.parse(line) as string).ids)}\n`);
}
