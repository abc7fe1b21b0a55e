/**
 * A bundle's graph in transformers.js, one thread, batches of 32: for each line of texts (a JSON array) a line of places of the top labels.
 * usage: transformers-js.mjs MODEL_FOLDER NODE_MODULES_PREFIX TASK MAX_LENGTH
 */
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, prefix, task, maxLength] = process.argv.slice(2);
const found = createRequire(join(prefix, 'x.js')).resolve('@huggingface/transformers');
const { AutoModel, AutoTokenizer, env } = await import(pathToFileURL(found).href);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);

const name = basename(folder);
const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModel.from_pretrained(name, {
  dtype: 'fp32', // the name of the file without a suffix
  device: 'cpu',
  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 },
});

for await (const line of createInterface({ input: process.stdin })) {
  const texts = JSON.parse(line);
  const places = [];
  for (let first = 0; first < texts.length; first += 32) {
    const some = texts.slice(first, first + 32);
    const inputs = tokenizer(some, { padding: true, truncation: true, max_length: Number(maxLength) });
    const { data } = (await model(inputs))[task];
    const labels = data.length / some.length;
    for (let row = 0; row < some.length; row++) {
      const scores = data.subarray(row * labels, (row + 1) * labels);
      places.push(scores.indexOf(Math.max(...scores)));
    }
  }
  process.stdout.write(`${JSON.stringify(places)}\n`);
}
