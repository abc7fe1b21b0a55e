/**
 * How good sentences and explanations are: `npm run bench:sentences -- [bundle] [aspects.jsonl...]`. Each line of such a
 * file is a comment of an aspect set: `text`, `pairs` (`[topic, sentiment]` each), and `topics`, all that the set knows;
 * `bench:aspects` makes such files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBundle } from '../../src/bundle/find-bundle.ts';
import { explainTexts } from '../../src/pipeline/explain-texts.ts';
import { layoutOpposites, layoutPairs, pairLabels, settleClauses } from '../../src/pipeline/label-pairs.ts';
import { Predictor } from '../../src/predictor/predictor.ts';
import { labelCountOf, type ShardPredictions } from '../../src/protocol.ts';
import { seededRandom } from '../../src/random.ts';
import { addClause, sentenceCutter, type Span } from '../../src/text/sentences.ts';
import { withoutSpans, wordSpans } from '../../src/text/words.ts';
import { contrastSentences, rightHalves } from '../support/contrast-sentences.ts';
import { repositoryRoot } from '../support/paths.ts';

interface AspectRow {
  text: string;
  pairs: [topic: string, sentiment: string][];
  topics: string[];
}

const [model, ...files] = process.argv.slice(2);
const predictor = await Predictor.load(await findBundle(model), { readWhole: true });
const { manifest } = predictor.bundle;
const tasks = [...predictor.tasks];
const width = labelCountOf(tasks);
const cut = sentenceCutter(manifest.languages);
const [layout] = layoutPairs(tasks, manifest.pairs, {});
if (layout === undefined) throw new Error(`${manifest.name} pairs no tasks`);
const pair = layout;
const opposites = layoutOpposites(tasks, manifest.pairs, {});

const right = await rightHalves(predictor);
const all = [...right.values()].reduce((sum, count) => sum + count, 0);
console.log(`contrast sentences: both halves right in ${percent(all, contrastSentences().length)}`);
console.log([...right].map(([language, count]) => `${language} ${count}`).join(', '));

await measurePairs('sentences that lean on the one before', neighbourSentences());
for (const file of files) {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AspectRow);
  await measurePairs(file, rows);
  // Spread over the file, which may be in order of languages.
  const step = Math.ceil(rows.length / 300);
  await measureExplanations(rows.filter((_, index) => index % step === 0).map(({ text }) => text));
}

/** Comments of two sentences, of which one is understood only along with the other, or as easily is not. */
function neighbourSentences(): AspectRow[] {
  const file = join(repositoryRoot, 'test', 'bench', 'neighbour-sentences.tsv');
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const cells = lines.map((line) => {
    const [, pairs = '', text = ''] = line.split('\t');
    return { text, pairs: pairs.split(';').map((one) => one.split('=') as [string, string]) };
  });
  const topics = [...new Set(cells.flatMap(({ pairs }) => pairs.map(([topic]) => topic)))];
  return cells.map(({ text, pairs }) => ({ text, pairs, topics }));
}

async function measurePairs(file: string, rows: readonly AspectRow[]): Promise<void> {
  const texts = rows.map(({ text }) => text);
  const clauses: number[][] = [];
  const places = rows.map(({ text }, row) => {
    const parts = cut(text);
    if (parts.length === 1) return [row];
    return parts.map((part) => {
      const { start, end } = part;
      addClause(clauses, part, texts.length);
      return texts.push(text.slice(start, end)) - 1;
    });
  });
  const found = await predictor.predictShard(texts);
  const settled = opposites.reduce((before, one) => settleClauses(one, before, width, clauses), found);
  const predictions = { ...settled, width };
  const own = rows.map((_, row) =>
    pairLabels(pair, predictions, row, places[row] as number[]).map(({ of, is }) => `${of}=${is}`),
  );
  const plain = rows.map((_, row) => {
    const assigned = (task: typeof pair.of): string[] =>
      task.labels.filter((_label, label) => predictions.assigned[row * width + task.offset + label] === 1);
    return assigned(pair.of).map((topic) => `${topic}=${assigned(pair.is)[0]}`);
  });
  const isMixed = ({ pairs }: AspectRow): boolean =>
    new Set(pairs.map(([, sentiment]) => sentiment)).size > 1;
  for (const [name, isIn] of [
    ['all rows', () => true],
    ['rows with several sentiments', isMixed],
  ] as const) {
    const some = rows.flatMap((row, index) => (isIn(row) ? [index] : []));
    const [now, before] = [own, plain].map((pairs) => pairF1(some, rows, pairs));
    console.log(
      `${file}, ${name} (${some.length}): F1 of pairs ${now}, of topics with the comment's sentiment ${before}`,
    );
  }
}

/** F1 in percent over the topics that the set knows. */
function pairF1(some: readonly number[], rows: readonly AspectRow[], found: readonly string[][]): string {
  let [hits, gold, predicted] = [0, 0, 0];
  for (const index of some) {
    const { pairs, topics } = rows[index] as AspectRow;
    const expected = new Set(pairs.map((one) => one.join('=')));
    const own = (found[index] ?? []).filter((one) => topics.includes(one.split('=')[0] ?? ''));
    hits += own.filter((one) => expected.has(one)).length;
    gold += expected.size;
    predicted += own.length;
  }
  return ((200 * hits) / (gold + predicted)).toFixed(1);
}

/** The deletion test: how many labels change without the marked words, and without as many drawn at random. */
async function measureExplanations(texts: string[]): Promise<void> {
  const thresholds = tasks.flatMap(({ labels, thresholds: own }) => own ?? labels.map(() => 0));
  let variants = 0;
  const predict = (some: string[]): Promise<ShardPredictions> => {
    variants += some.length;
    return predictor.predictShard(some);
  };
  const predictions = await predictor.predictShard(texts);
  const explained = await explainTexts(texts, predictions, { tasks, thresholds, predict });
  const cost = variants / texts.length;
  const random = seededRandom(1);
  const cases = explained.flatMap((labels, index) => {
    const text = texts[index] as string;
    const words = wordSpans(text);
    return labels.flatMap(({ task, label, parts }) => {
      const isMarked = (word: Span): boolean =>
        parts.some(({ start, end }) => word.start >= start && word.end <= end);
      const count = words.filter(isMarked).length;
      if (count === 0) return [];
      const drawn = words
        .map((word) => ({ word, at: random() }))
        .toSorted((one, other) => one.at - other.at)
        .slice(0, count)
        .map(({ word }) => word)
        .toSorted((one, other) => one.start - other.start);
      return [{ task, label, marked: withoutSpans(text, parts), drawn: withoutSpans(text, drawn) }];
    });
  });
  const changed = async (kind: 'marked' | 'drawn'): Promise<number> => {
    const found = await predictor.predict(cases.map((one) => one[kind]));
    return cases.filter(({ task, label }, index) => {
      const prediction = found[index]?.tasks[task];
      return prediction?.label !== label && prediction?.labels?.includes(label) !== true;
    }).length;
  };
  const total = explained.reduce((sum, labels) => sum + labels.length, 0);
  console.log(
    `explained: ${cases.length} of ${total} labels of ${texts.length} texts, ${cost.toFixed(1)} variants per text; ` +
      `changed without the marked words ${percent(await changed('marked'), cases.length)}, ` +
      `without as many random ones ${percent(await changed('drawn'), cases.length)}`,
  );
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
