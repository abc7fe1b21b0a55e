/**
 * `node print-logits.js <bundle>`: for every JSON string that comes in as a line, a line of JSON with its token ids and
 * its logits by task, computed in the batches that a run would make.
 */
import { createInterface } from 'node:readline';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { cutBatches, defaultMaxBatchTokens } from '../../src/predictor/batch.ts';
import { ModelSession } from '../../src/predictor/session.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';

const bundle = await loadBundle(process.argv[2] as string);
const { maxLength, tasks } = bundle.manifest;
const tokenizer = new TextTokenizer(bundle.tokenizer, maxLength, bundle.path);
const session = await ModelSession.create(bundle);
const ids: number[][] = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  ids.push(tokenizer.encode(JSON.parse(line) as string).ids);
}
const lines = ids.map((text) => ({ ids: text, logits: {} as Record<string, number[]> }));
const lengths = ids.map(({ length }) => length);
for (const { texts, sequence } of cutBatches(lengths, maxLength, defaultMaxBatchTokens)) {
  const outputs = await session.run(
    texts.map((text) => ids[text] as number[]),
    sequence,
  );
  tasks.forEach(({ name, labels }, task) => {
    texts.forEach((text, row) => {
      const logits = outputs.logits[task]?.subarray(row * labels.length, (row + 1) * labels.length) ?? [];
      Object.assign(lines[text]?.logits ?? {}, { [name]: [...logits] });
    });
  });
}
for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
