import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { findBundle } from '../../../src/bundle/find-bundle.ts';
import { checkBundle, loadBundle } from '../../../src/bundle/load-bundle.ts';
import { type PreparedHead, headLogits, prepareHead } from '../../../src/predictor/head.ts';
import { sentenceVectors } from '../../../src/teach/sentence-vectors.ts';
import { teach, vectorCachePath } from '../../../src/teach/teach.ts';

/**
 * `node taught.js job.json`: teaches draws of rows of one set, and labels texts with each bundle that comes out.
 * Prints a line of JSON per draw: a list of labels for each text. What `voxpop score` would write, but the model
 * reads each text of the set once, and not once per draw.
 */
interface Job {
  model: string;
  /** Where the vectors of the set's texts are kept. */
  vectors: string;
  texts: string[];
  isMulti: boolean;
  draws: {
    /** Places of texts to teach with, and the labels of each. */
    rows: number[];
    labels: string[][];
    /** Places of texts to label. */
    asked: number[];
  }[];
}

const job = JSON.parse(await readFile(process.argv[2] as string, 'utf8')) as Job;
const body = await checkBundle(await findBundle(job.model));
const { vectors, isUsed } = await sentenceVectors(body, job.texts, {
  workers: availableParallelism(),
  batchTokens: 512,
  timeoutMs: 600_000,
  cachePath: job.vectors,
  signal: undefined,
  onProgress: () => {},
});
const folder = await mkdtemp(join(tmpdir(), 'voxpop-taught-'));
try {
  for (const draw of job.draws) {
    process.stdout.write(`${JSON.stringify(await labelsOf(draw))}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function labelsOf({ rows, labels, asked }: Job['draws'][number]): Promise<string[][]> {
  const output = join(folder, 'taught');
  const input = join(folder, 'rows.jsonl');
  const lines = rows.map((place, at) =>
    JSON.stringify({ text: job.texts[place], label: job.isMulti ? labels[at] : labels[at]?.[0] }),
  );
  await writeFile(input, `${lines.join('\n')}\n`);
  await copyFile(job.vectors, vectorCachePath(output));
  await teach({
    inputs: [input],
    output,
    force: true,
    model: job.model,
    task: { label: 'label' },
    kind: { '*': job.isMulti ? 'multi' : 'single' },
    text: ['text'],
    resamples: 0,
  });
  const { manifest, heads } = await loadBundle(output);
  const task = manifest.tasks.find(({ name }) => name === 'label');
  const head = heads.get('label');
  if (task === undefined || head === undefined) throw new Error('the bundle has no task `label`');
  const prepared = prepareHead(head);
  return asked.map((place) => {
    if (isUsed[place] !== 1) return [];
    const logits = logitsOf(prepared, place);
    if (task.thresholds === undefined) return [task.labels[logits.indexOf(Math.max(...logits))] as string];
    return task.labels.filter(
      (_, label) => 1 / (1 + Math.exp(-(logits[label] as number))) >= (task.thresholds?.[label] as number),
    );
  });
}

function logitsOf(prepared: PreparedHead, place: number): Float32Array {
  return headLogits(prepared, vectors, place, job.texts[place] as string);
}
