/**
 * Makes the input of `bench:sentences` of two public aspect sets: `npm run bench:aspects -- <M-ABSA> <MAMS> <directory>`,
 * given their checkouts (github.com/swaggy66/M-ABSA, github.com/siat-nlp/MAMS-for-ABSA). Of each come a `tune` half, to
 * try things on, and a `test` half, to tell what they are worth.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/random.ts';

interface AspectRow {
  text: string;
  pairs: [topic: string, sentiment: string][];
  /** All topics that are told of in such a row. */
  topics: string[];
}

/** Topics of the sets' categories, the first that fits. What fits nowhere is no topic, or is the whole. */
const topicOfCategory: Readonly<Record<string, readonly [category: RegExp, topic: string][]>> = {
  coursera: [
    [/^faculty/, 'service_staff'],
    [/comprehensiveness|workload|^grades/, 'ease_of_use'],
    [/value/, 'price_value'],
    [/quality|quantity|relatability/, 'product_quality'],
  ],
  food: [
    [/prices/, 'price_value'],
    [/^amazon|^shipment/, 'delivery_timeliness'],
    [/recommendation/, 'loyalty_recommend'],
    [/quality|style/, 'food_drink'],
  ],
  hotel: [
    [/^hotel general|miscellaneous|^polarity/, ''],
    [/cleanliness/, 'cleanliness'],
    [/prices/, 'price_value'],
    [/^location/, 'location'],
    [/^service/, 'service_staff'],
    [/^food/, 'food_drink'],
    [/./, 'facilities_ambience'],
  ],
  laptop: [
    [/^(?:LAPTOP|COMPANY)#GENERAL|MISCELLANEOUS|^Out_/, ''],
    [/PRICE/, 'price_value'],
    [/USABILITY/, 'ease_of_use'],
    [/^SHIPPING/, 'delivery_timeliness'],
    [/^(?:SUPPORT|WARRANTY)/, 'service_staff'],
    [/DESIGN|PORTABILITY|CONNECTIVITY/, 'design_features'],
    [/./, 'product_quality'],
  ],
  phone: [
    [/^Overall|^Branding/, ''],
    [/^Price/, 'price_value'],
    [/^Logistics|Packaging/, 'delivery_timeliness'],
    [/^Seller|^After-sales/, 'service_staff'],
    [/^Buyer/, 'loyalty_recommend'],
    [/^Ease/, 'ease_of_use'],
    [/^(?:Appearance|Key|Product (?:Acc|Conf)|Security|System|Intelligent)/, 'design_features'],
    [/./, 'product_quality'],
  ],
  restaurant: [
    [/prices/, 'price_value'],
    [/^ambience/, 'facilities_ambience'],
    [/^food|^drinks/, 'food_drink'],
    [/^location/, 'location'],
    [/^service/, 'service_staff'],
  ],
  MAMS: [
    [/^food/, 'food_drink'],
    [/^service|^staff/, 'service_staff'],
    [/^price/, 'price_value'],
    [/^ambience/, 'facilities_ambience'],
  ],
};
const languages = 'ar de en es fr hi id ja ko nl pt ru th tr vi zh'.split(' ');
const rowsPerLanguage = 200;
const commentsPerLanguage = 60;
const sentencesPerComment = 3;

const [mabsa = '', mams = '', to = ''] = process.argv.slice(2);
const random = seededRandom(1);
mkdirSync(to, { recursive: true });
write('mams.tune', readMams('val'));
write('mams.test', readMams('test'));
for (const [half, remainder] of [
  ['tune', 0],
  ['test', 1],
] as const) {
  const sentences: AspectRow[] = [];
  const comments: AspectRow[] = [];
  for (const language of languages) {
    const byDomain = Object.keys(topicOfCategory)
      .filter((domain) => domain !== 'MAMS')
      .map((domain) => readMabsa(domain, language).filter((_, index) => index % 2 === remainder));
    const some = shuffled(byDomain.flat().filter(({ pairs }) => pairs.length > 0));
    sentences.push(...some.slice(0, rowsPerLanguage));
    const joined = byDomain.flatMap((rows) => joinSentences(shuffled(rows), language));
    comments.push(...shuffled(joined).slice(0, commentsPerLanguage));
  }
  write(`mabsa.${half}`, sentences);
  write(`mabsa-comments.${half}`, comments);
}

function readMabsa(domain: string, language: string): AspectRow[] {
  const lines = readFileSync(join(mabsa, 'data', domain, language, 'test.txt'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const at = line.lastIndexOf('####');
    // Each aspect ends with its category and its sentiment, in the quotes of Python.
    const found = line.slice(at).matchAll(/(?:'([^']*)'|"([^"]*)"), ['"](pos|neg|neu)[a-z]*['"]\]/gi);
    const aspects = [...found].map(
      ([, one, other, sentiment = '']) => [one ?? other ?? '', sentiment] as const,
    );
    return aspectRow(domain, line.slice(0, at).trim(), aspects);
  });
}

function readMams(split: string): AspectRow[] {
  const xml = readFileSync(join(mams, 'data', 'MAMS-ACSA', 'raw', `${split}.xml`), 'utf8');
  return [...xml.matchAll(/<sentence>.*?<\/sentence>/gs)]
    .map(([sentence]) => {
      const text = /<text>(.*?)<\/text>/s.exec(sentence)?.[1] ?? '';
      const plain = text.replaceAll('&apos;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
      const aspects = [...sentence.matchAll(/category="(\w+)" polarity="(\w+)"/g)].map(
        ([, category = '', sentiment = '']) => [category, sentiment] as const,
      );
      return aspectRow('MAMS', plain, aspects);
    })
    .filter(({ pairs }) => pairs.length > 0);
}

function aspectRow(
  set: string,
  text: string,
  aspects: readonly (readonly [category: string, sentiment: string])[],
): AspectRow {
  const rules = topicOfCategory[set] ?? [];
  const sentiments = new Map<string, Set<string>>();
  for (const [category, sentiment] of aspects) {
    const topic = rules.find(([pattern]) => pattern.test(category))?.[1] ?? '';
    if (topic === '') continue;
    const short = sentiment.toLowerCase().slice(0, 3);
    sentiments.set(topic, (sentiments.get(topic) ?? new Set()).add(short));
  }
  return {
    text,
    pairs: [...sentiments].map(([topic, all]) => [topic, joinSentiments(all)]),
    topics: [...new Set(rules.map(([, topic]) => topic).filter(Boolean))],
  };
}

function joinSentiments(short: ReadonlySet<string>): string {
  if (short.has('pos') && short.has('neg')) return 'mixed';
  if (short.has('pos')) return 'positive';
  return short.has('neg') ? 'negative' : 'neutral';
}

/** Sentences of one domain, a few at a time, as if they were one comment. */
function joinSentences(rows: readonly AspectRow[], language: string): AspectRow[] {
  const space = ['ja', 'zh'].includes(language) ? '' : ' ';
  const comments: AspectRow[] = [];
  for (let at = 0; at + sentencesPerComment <= rows.length; at += sentencesPerComment) {
    const some = rows.slice(at, at + sentencesPerComment);
    const topics = new Set(some.flatMap(({ pairs }) => pairs.map(([topic]) => topic)));
    comments.push({
      text: some.map(({ text }) => (/[.!?。！？।]$/.test(text) ? text : `${text}.`)).join(space),
      pairs: [...topics].map((topic) => [topic, sentimentIn(some, topic)]),
      topics: some[0]?.topics ?? [],
    });
  }
  return comments.filter(({ pairs }) => pairs.length > 0);
}

function sentimentIn(rows: readonly AspectRow[], topic: string): string {
  const short = rows.flatMap(({ pairs }) =>
    pairs
      .filter(([one]) => one === topic)
      .flatMap(([, sentiment]) => (sentiment === 'mixed' ? ['pos', 'neg'] : [sentiment.slice(0, 3)])),
  );
  return joinSentiments(new Set(short));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

function write(name: string, rows: readonly AspectRow[]): void {
  writeFileSync(join(to, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(`${name}: ${rows.length} rows`);
}
