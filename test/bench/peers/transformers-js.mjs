/**
 * transformers.js in Node with the same ONNX file: tokenizer and model as its pipelines call them, batches of 32.
 * usage: transformers-js.mjs INPUT.csv MODELS_DIRECTORY THREADS NODE_MODULES CSV_PARSE MAX_LENGTH
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [input, directory, threads, prefix, maxLength] = process.argv.slice(2);
const load = (from, name) => import(pathToFileURL(createRequire(join(from, 'x.js')).resolve(name)).href);
const { AutoModel, AutoTokenizer, env } = await load(prefix, '@huggingface/transformers');
const { parse } = await load(import.meta.dirname, 'csv-parse/sync');
env.allowRemoteModels = false;
env.localModelPath = dirname(directory);

const texts = parse(readFileSync(input, 'utf8'), { columns: true }).map((row) => row.comment);
const startedMs = performance.now();
const name = basename(directory);
const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModel.from_pretrained(name, {
  dtype: 'fp32',
  device: 'cpu',
  session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1, logSeverityLevel: 3 },
});
await label(texts.slice(0, 32));
const loadedMs = performance.now();
const cpu = process.cpuUsage();
const tokens = await label(texts);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(
  JSON.stringify({
    rows: texts.length,
    tokens,
    loadMs: loadedMs - startedMs,
    elapsedMs: performance.now() - loadedMs,
    cpuMs: (user + system) / 1000,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  }),
);

async function label(some) {
  let count = 0;
  for (let first = 0; first < some.length; first += 32) {
    const inputs = tokenizer(some.slice(first, first + 32), {
      padding: true,
      truncation: true,
      max_length: Number(maxLength),
    });
    const outputs = await model(inputs);
    for (const { data } of Object.values(outputs))
      Float32Array.from(data, (logit) => 1 / (1 + Math.exp(-logit)));
    for (const one of inputs.attention_mask.data) count += Number(one);
  }
  return count;
}
