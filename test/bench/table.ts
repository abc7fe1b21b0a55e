/**
 * `npm run bench:table -- --baseline NAME=BUNDLE --teacher NAME=BUNDLE --bundle NAME=BUNDLE ... --on labelled.csv`: size,
 * speed, quality, cost and saving of several bundles as a Markdown table, on stdout or between the marks of `--write`.
 * Also `--speed-only NAME=BUNDLE` (random weights), `--gold task=column`, `--task`, `--text`, `--workers`, `--speed-rows`,
 * `--price-per-core-hour`. Run it on a machine that does nothing else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { version } from '../../src/version.ts';
import { measureTable, type NamedBundle } from './measure-table.ts';
import { tableText } from './table-text.ts';

const { values: flags } = parseArgs({
  options: {
    baseline: { type: 'string' },
    teacher: { type: 'string' },
    bundle: { type: 'string', multiple: true, default: [] },
    'speed-only': { type: 'string', multiple: true, default: [] },
    on: { type: 'string' },
    gold: { type: 'string', multiple: true, default: [] },
    task: { type: 'string', multiple: true },
    text: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'speed-rows': { type: 'string', default: '2000' },
    'price-per-core-hour': { type: 'string', default: '0.04' },
    write: { type: 'string' },
  },
});

function named(text: string | undefined, flag: string): NamedBundle {
  const at = text?.indexOf('=') ?? -1;
  if (text === undefined || at < 1) throw new Error(`expected ${flag} NAME=BUNDLE, got ${text ?? 'nothing'}`);
  return { name: text.slice(0, at), path: text.slice(at + 1) };
}

if (flags.on === undefined) throw new Error('expected --on and a labelled file');
const baseline = named(flags.baseline, '--baseline');
const teacher = named(flags.teacher, '--teacher');
const workers = Number(flags.workers);
const speedRows = Number(flags['speed-rows']);
const gold = Object.fromEntries(flags.gold.map((pair) => pair.split('=', 2) as [string, string]));
const rows = await measureTable(
  {
    baseline,
    teacher,
    bundles: flags.bundle.map((text) => named(text, '--bundle')),
    speedOnly: flags['speed-only'].map((text) => named(text, '--speed-only')),
    on: flags.on,
    scoring: {
      gold: flags.gold.length === 0 ? undefined : gold,
      tasks: flags.task,
      text: flags.text === undefined ? undefined : [flags.text],
    },
    workers,
    speedRows,
  },
  (step) => process.stderr.write(`${step}\n`),
);
const tested = rows.flatMap(({ quality }) => quality ?? []).map((task) => task.rows);
const text = tableText(rows, {
  measuredOn:
    `${cpus()[0]?.model ?? 'an unknown CPU'}, ${availableParallelism()} cores, voxpop ${version}, Node ${process.versions.node}: ` +
    `speed on the first ${speedRows} rows, quality on up to ${Math.max(0, ...tested)} labelled rows per task`,
  baseline: baseline.name,
  teacher: teacher.name,
  workers,
  pricePerCoreHour: Number(flags['price-per-core-hour']),
});

if (flags.write === undefined) process.stdout.write(`${text}\n`);
else {
  const marks = /(<!-- begin:table -->\n)[\s\S]*?(\n<!-- end:table -->)/;
  const page = readFileSync(flags.write, 'utf8');
  if (!marks.test(page)) throw new Error(`expected the marks begin:table and end:table in ${flags.write}`);
  writeFileSync(
    flags.write,
    page.replace(marks, (_, begin: string, end: string) => `${begin}${text}${end}`),
  );
}
