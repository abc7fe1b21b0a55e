import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from './support/paths.ts';

/** The ground, which every room may import from and which imports nothing of the house. */
const ground = [
  'errors',
  'version',
  'random',
  'intervals',
  'collections',
  'protocol',
  'label-facts',
  'text',
  'threads',
];

/** Rooms and the rooms besides the ground that they may import from; files at the top of `src` have their own name. */
const mayImport: Record<string, string[]> = {
  ...Object.fromEntries(ground.map((room) => [room, []])),
  records: [],
  bundle: [],
  predictor: ['bundle'],
  'pipeline/worker': ['predictor'],
  cache: [],
  pipeline: ['records', 'cache'],
  changes: ['records', 'cache', 'pipeline'],
  options: ['bundle', 'predictor', 'records', 'pipeline'],
  'score-options': ['options', 'records', 'pipeline'],
  'score-plan': [
    'options',
    'score-options',
    'bundle',
    'cache',
    'changes',
    'predictor',
    'records',
    'pipeline',
  ],
  scoring: ['score-options', 'score-plan', 'cache', 'changes', 'pipeline'],
  score: ['score-options', 'records', 'score-plan', 'scoring', 'pipeline'],
  'merge-options': ['options'],
  merge: ['merge-options', 'records', 'pipeline'],
  scored: ['options', 'bundle', 'records', 'pipeline'],
  evaluate: ['options', 'bundle', 'records', 'pipeline', 'score-options', 'score-plan', 'scoring', 'scored'],
  compare: [
    'options',
    'bundle',
    'cache',
    'predictor',
    'records',
    'pipeline',
    'scoring',
    'scored',
    'evaluate',
  ],
  report: ['options', 'bundle', 'records', 'pipeline', 'scored'],
  review: ['options', 'bundle', 'records', 'scored'],
  // What was taught is measured as `evaluate` does it.
  teach: ['options', 'bundle', 'predictor', 'records', 'pipeline', 'evaluate'],
  explain: ['options', 'predictor', 'records', 'pipeline'],
  completions: [],
  commands: [
    'completions',
    'options',
    'bundle',
    'cache',
    'predictor',
    'records',
    'score-options',
    'score-plan',
    'scoring',
    'score',
    'merge-options',
    'merge',
    'evaluate',
    'compare',
    'report',
    'review',
    'explain',
    'teach',
  ],
  cli: ['commands', 'score-options'],
  index: [
    'bundle',
    'predictor',
    'records',
    'pipeline',
    'score-options',
    'score-plan',
    'scoring',
    'score',
    'merge-options',
    'merge',
    'evaluate',
    'compare',
    'report',
    'review',
    'explain',
    'teach',
  ],
};

/** npm packages and the one room that may import each. */
const doors: Record<string, string> = {
  'fastest-levenshtein': 'text',
  '@huggingface/tokenizers': 'predictor',
  'onnxruntime-node': 'predictor',
  'csv-parse': 'records',
  'csv-stringify': 'records',
  fflate: 'records',
  hyparquet: 'records',
  'hyparquet-compressors': 'records',
  'hyparquet-writer': 'records',
  yauzl: 'records',
  'cli-progress': 'commands',
  htmlparser2: 'text',
  'string-width': 'text',
  '@eslint-community/regexpp': 'bundle',
  vega: 'report',
  '@photostructure/sqlite': 'cache',
};

/** Packages whose one door has two halves. */
const sharedDoors: Record<string, string[]> = {
  piscina: ['pipeline', 'pipeline/worker'],
  commander: ['cli', 'commands'],
};

const source = join(repositoryRoot, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split('\\').join('/'));

function roomOf(file: string): string {
  const path = file.replace(/\.ts$/, '');
  if (path in mayImport) return path;
  const room = path.split('/')[0] as string;
  assert.ok(room in mayImport, `${file} is in no room that this test knows`);
  return room;
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  const statement = /^(?:import|export)\b[^;'"=]*\bfrom '([^'\n]+)';|\bimport\('([^'\n]+)'\)/gm;
  return [...text.matchAll(statement)].map((match) => (match[1] ?? match[2]) as string);
}

test('rooms import only what lies below them', () => {
  assert.ok(files.length > 20);
  for (const file of files) {
    const room = roomOf(file);
    for (const name of importsOf(file).filter((each) => each.startsWith('.'))) {
      const target = roomOf(posix.join(dirname(file), name));
      const isGround = ground.includes(target) && !ground.includes(room);
      assert.ok(target === room || isGround || mayImport[room]?.includes(target), `${file} imports ${name}`);
    }
  }
});

test('each npm package is imported in one room', () => {
  const { dependencies } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const used = new Set<string>();
  for (const file of files) {
    for (const name of importsOf(file).filter((each) => !each.startsWith('.') && !each.startsWith('node:'))) {
      const dependency = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/');
      used.add(dependency);
      const rooms = sharedDoors[dependency] ?? [doors[dependency]];
      assert.ok(rooms.includes(roomOf(file)), `${file} imports ${name}`);
    }
  }
  // Declarations need types that no file imports by name.
  const imported = Object.keys(dependencies).filter((name) => !name.startsWith('@types/'));
  assert.deepEqual([...used].toSorted(), imported.toSorted());
});

test('only commands and the command line touch process', () => {
  for (const file of files) {
    if (file === 'cli.ts' || file.startsWith('commands/')) continue;
    assert.doesNotMatch(readFileSync(join(source, file), 'utf8'), /\bprocess\.\w|\bconsole\.\w/, file);
  }
});
