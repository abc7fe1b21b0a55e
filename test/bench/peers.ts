/**
 * `npm run bench:peers [-- --rows 3000 --rounds 3 --threads 1 --write]`: voxpop beside what people would use instead,
 * on the same file, with the same model and number of threads, in turn, round by round: a busy machine slows all of
 * them alike. Compare the ratios, not figures of different runs. Installs the peers into a folder for temporary files
 * at the first run (needs Python 3.11 or later and the package indexes); `--write` puts the figures into RESULTS.md.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultBundle, findBundle } from '../../src/bundle/find-bundle.ts';
import { shardRows } from '../../src/pipeline/shard.ts';
import { fixturesDirectory, repositoryRoot } from '../support/paths.ts';
import { makeInput } from './make-input.ts';
import { machine, median, table, writeResults } from './results.ts';
import type { Measurement } from './stage.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    model: { type: 'string', default: defaultBundle },
    fastest: { type: 'string', default: 'voxpop-micro' },
    texts: { type: 'string' },
    'xlmr-rows': { type: 'string', default: '128' },
    minutes: { type: 'string', default: '11' },
    only: { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'voxpop-peers') },
    write: { type: 'boolean', default: false },
  },
});

// voxpop's rate counts from its first shard on: there must be several.
assert.ok(Number(flags.rows) >= 4 * shardRows, `Expected --rows to be at least ${4 * shardRows}`);

const scripts = join(repositoryRoot, 'test', 'bench', 'peers');
const transformersJs = '@huggingface/transformers@4.3.1';
const python = join(flags.cache, 'venv', 'bin', 'python');
const models = join(flags.cache, 'models');
const startedMs = performance.now();

/** What a contender prints, once its model is loaded and warm. */
interface Result {
  rows: number;
  elapsedMs: number;
  loadMs: number;
  peakRssMb: number;
}

interface Contender {
  key: string;
  name: string;
  /** Voxpop must be this many times as fast on the natural file. */
  mark?: number;
  run: (input: string) => Result;
}

const bundle = await findBundle(flags.model);
const fastest = await findBundle(flags.fastest).catch(() => undefined);
const { max_length: maxLength, version } = JSON.parse(readFileSync(join(bundle, 'bundle.json'), 'utf8')) as {
  max_length: number;
  version: string;
};

const directory = mkdtempSync(join(tmpdir(), 'voxpop-peers-run-'));
try {
  install();
  const natural = join(directory, 'natural.csv');
  const distinct = join(directory, 'distinct.csv');
  const shape = { rows: Number(flags.rows), texts: flags.texts };
  await makeInput(natural, { ...shape, emptyShare: 0.1, duplicateShare: 0.2 });
  await makeInput(distinct, { ...shape, emptyShare: 0, duplicateShare: 0 });
  const text = report(...race({ natural, distinct }));
  process.stdout.write(`${text}\n`);
  if (flags.write) writeResults('Against what people would use instead', text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function contenders(): Contender[] {
  const { threads } = flags;
  const model = join(bundle, 'model.onnx');
  const tokenizer = join(bundle, 'tokenizer.json');
  const byHand = (input: string, order: string): Result =>
    runPython('onnx_batches.py', input, model, tokenizer, String(maxLength), threads, order);
  const all: Contender[] = [
    { key: 'voxpop', name: `voxpop, ${flags.model}`, run: (input) => runVoxpop(input, bundle) },
    {
      key: 'a',
      name: '(a) Python: onnxruntime + tokenizers, batches of 32',
      mark: 2,
      run: (input) => byHand(input, 'input-order'),
    },
    {
      key: 'b',
      name: '(b) the same, sorted by length',
      mark: 1.2,
      run: (input) => byHand(input, 'by-length'),
    },
    {
      key: 'c',
      name: '(c) transformers pipeline on torch, BERT of that shape',
      mark: 3,
      run: (input) => runPython('torch_pipeline.py', input, join(models, 'bert'), threads),
    },
    {
      key: 'd',
      name: '(d) transformers.js, the same ONNX file',
      mark: 2,
      run: (input) =>
        runJson(process.execPath, [
          join(scripts, 'transformers-js.mjs'),
          input,
          join(models, 'own'),
          threads,
          join(flags.cache, 'node'),
          String(maxLength),
        ]),
    },
    {
      key: 'e',
      name: '(e) fastText, sentiment only',
      run: (input) =>
        runPython(
          'fasttext_predict.py',
          input,
          join(fixturesDirectory, 'labelled.csv'),
          join(models, 'fasttext.bin'),
        ),
    },
  ];
  if (fastest !== undefined && fastest !== bundle) {
    all.splice(1, 0, {
      key: 'fastest',
      name: `voxpop, ${flags.fastest}`,
      run: (input) => runVoxpop(input, fastest),
    });
  }
  all.push({
    key: 'xlmr',
    name: `XLM-R base, float32, as (a), first ${flags['xlmr-rows']} rows`,
    mark: 16,
    run: (input) =>
      runPython(
        'onnx_batches.py',
        input,
        join(models, 'xlmr.onnx'),
        tokenizer,
        String(maxLength),
        threads,
        'input-order',
        flags['xlmr-rows'],
      ),
  });
  const only = flags.only?.split(',');
  return all.filter(({ key }) => only === undefined || key === 'voxpop' || only.includes(key));
}

type Measured = Map<string, Map<Contender, Result[]>>;

/** Everybody in turn, round by round, as long as there is time; who fails is left out, and why is told. */
function race(inputs: Record<string, string>): [Measured, Map<Contender, string>] {
  const failed = new Map<Contender, string>();
  const measured: Measured = new Map();
  const runners = contenders();
  for (let round = 0; round < Number(flags.rounds); round++) {
    const roundStartedMs = performance.now();
    for (const [name, input] of Object.entries(inputs)) {
      for (const contender of runners) {
        if (failed.has(contender) || (contender.key === 'xlmr' && name !== 'natural')) continue;
        try {
          const result = contender.run(input);
          process.stderr.write(
            `round ${round + 1}, ${name}: ${contender.name}: ${rate(result).toFixed(1)} rows/s\n`,
          );
          const byContender = measured.get(name) ?? new Map<Contender, Result[]>();
          byContender.set(contender, [...(byContender.get(contender) ?? []), result]);
          measured.set(name, byContender);
        } catch (error) {
          failed.set(contender, reason(error as Error));
          process.stderr.write(`${contender.name} did not run: ${reason(error as Error)}\n`);
        }
      }
    }
    const now = performance.now();
    const leftMs = Number(flags.minutes) * 60_000 - (now - startedMs);
    if (leftMs < now - roundStartedMs) break;
  }
  return [measured, failed];
}

function report(measured: Measured, failed: Map<Contender, string>): string {
  const rows: string[][] = [];
  const own = (name: string, round: number, key = 'voxpop'): Result | undefined =>
    [...(measured.get(name) ?? [])].find(([contender]) => contender.key === key)?.[1][round];
  /** Median over the rounds of how many times as fast voxpop was in the same round. */
  const ratio = (name: string, results: Result[], key = 'voxpop'): number =>
    median(results.map((result, round) => rate(own(name, round, key) as Result) / rate(result)));
  let rounds = 0;
  for (const [contender, results] of measured.get('natural') ?? []) {
    rounds = Math.max(rounds, results.length);
    const others = measured.get('distinct')?.get(contender);
    const times = ratio('natural', results);
    const isOwn = contender.key === 'voxpop';
    rows.push([
      contender.name,
      median(results.map(rate)).toFixed(1),
      isOwn ? '1' : times.toFixed(2),
      contender.mark === undefined ? '' : `${contender.mark} ${times >= contender.mark ? 'met' : 'missed'}`,
      others === undefined ? '' : median(others.map(rate)).toFixed(1),
      others === undefined || isOwn ? '' : ratio('distinct', others).toFixed(2),
      (median(results.map(({ loadMs }) => loadMs)) / 1000).toFixed(1),
      median(results.map(({ peakRssMb }) => peakRssMb)).toFixed(0),
    ]);
  }
  const head = [
    '',
    'rows/s',
    'voxpop is x times as fast',
    'mark',
    'rows/s, distinct texts',
    'voxpop x',
    'load s',
    'peak RSS MB',
  ];
  const lines = [
    `${flags.rows} rows, ${flags.threads} thread${flags.threads === '1' ? '' : 's'}, medians of ${rounds} rounds in turn. The natural file ` +
      `has the lengths and languages of ${flags.texts === undefined ? 'fixtures/feedback.csv' : basename(flags.texts)}, 10 % empty and 20 % repeated comments; ` +
      'the other one neither. rows/s count from the moment the model is loaded and warm (voxpop: from the first shard ' +
      `written). Every peer gets the model ${flags.model} ${version} itself, but (c): a torch BertForSequenceClassification of the same vocabulary, ` +
      'width, layers and feed-forward with random weights, since that architecture is our own; XLM-R has random weights ' +
      'and our tokens.',
    table([head, ...rows]),
  ];
  const fast = [...(measured.get('natural') ?? [])].find(([{ key }]) => key === 'xlmr')?.[1];
  if (fast !== undefined && own('natural', 0, 'fastest') !== undefined) {
    const times = ratio('natural', fast, 'fastest');
    lines.push(
      `${flags.fastest} is ${times.toFixed(0)} times as fast as XLM-R base (mark 50: ${times >= 50 ? 'met' : 'missed'}).`,
    );
  }
  const quality = join(models, 'fasttext.bin.quality');
  if (existsSync(quality)) {
    const [f1, held] = readFileSync(quality, 'utf8').split(' ') as [string, string];
    lines.push(
      `fastText's macro-F1 of sentiment is ${f1}, trained on two thirds of fixtures/labelled.csv and measured on the ${held} other rows.`,
    );
  }
  for (const [{ name }, why] of failed) lines.push(`${name} did not run: ${why}`);
  const versions = existsSync(python)
    ? `onnxruntime, tokenizers, transformers, torch in Python: ${pythonVersions()}; in Node: ${transformersJs}`
    : '';
  lines.push(`${machine()}. ${versions}.`);
  return lines.join('\n\n');
}

function rate({ rows, elapsedMs }: Result): number {
  return (rows / elapsedMs) * 1000;
}

function runVoxpop(input: string, model: string): Result {
  const script = join(import.meta.dirname, 'stage.js');
  const args = [script, 'full', input, join(directory, 'labelled.csv'), model, flags.threads];
  const result = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measurement;
  const { rows, warmRowsPerSecond, firstShardMs, peakRssMb } = result;
  return { rows, elapsedMs: (rows / warmRowsPerSecond) * 1000, loadMs: firstShardMs, peakRssMb };
}

function runPython(script: string, ...args: string[]): Result {
  return runJson(python, ['-W', 'ignore', join(scripts, script), ...args]);
}

function runJson(command: string, args: string[]): Result {
  const { threads } = flags;
  const env = {
    ...process.env,
    OMP_NUM_THREADS: threads,
    RAYON_NUM_THREADS: threads,
    TOKENIZERS_PARALLELISM: threads === '1' ? 'false' : 'true',
    HF_HUB_OFFLINE: '1',
  };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout: 300_000,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `exit code ${status}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Result;
}

/** Once for each change of what is installed, and of the bundle whose shape the models have. */
function install(): void {
  mkdirSync(models, { recursive: true });
  const requirements = join(scripts, 'requirements.txt');
  once('python', [readFileSync(requirements, 'utf8')], () => {
    step('python3', ['-m', 'venv', join(flags.cache, 'venv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    step(python, [...pip, 'torch==2.13.0']);
    step(python, [...pip, '-r', requirements]);
  });
  once('node', [transformersJs], () => {
    const prefix = join(flags.cache, 'node');
    mkdirSync(prefix, { recursive: true });
    step('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', prefix, transformersJs], {
      npm_config_onnxruntime_node_install: 'skip',
    });
  });
  const maker = join(scripts, 'make_models.py');
  once('models', [readFileSync(maker, 'utf8'), readFileSync(join(bundle, 'bundle.json'), 'utf8')], () =>
    step(python, ['-W', 'ignore', maker, bundle, models]),
  );
}

function once(name: string, of: string[], act: () => void): void {
  const stamp = join(flags.cache, `${name}.stamp`);
  const wanted = createHash('sha256').update(of.join('\0')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write(`Preparing ${name} in ${flags.cache} ...\n`);
  try {
    act();
    writeFileSync(stamp, wanted);
  } catch (error) {
    // Whoever needs it will fail, and be left out; the others run.
    process.stderr.write(`Preparing ${name} failed: ${reason(error as Error)}\n`);
  }
}

function step(command: string, args: string[], env: Record<string, string> = {}): void {
  const output: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
  execFileSync(command, args, { stdio: output, env: { ...process.env, ...env } });
}

function pythonVersions(): string {
  const code =
    "import importlib.metadata as m; print(*map(m.version, ['onnxruntime', 'tokenizers', 'transformers', 'torch']))";
  return execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim();
}

function reason({ message }: Error): string {
  return (message.split('\n')[0] as string).slice(0, 300);
}
