import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { type LabelFacts, readLabelFacts } from '../label-facts.ts';
import { isJsonObject, type JsonObject } from '../records/json-fields.ts';
import { formatOfPath } from '../records/sniff.ts';
import { manifestPathOf, type RunManifest } from './manifest.ts';

/** A run as its manifest tells it to readers that do not go on with the run; everything may be missing. */
export interface RunSummary {
  /** Path of the manifest. */
  path: string;
  bundle: { name: string; version: string } | undefined;
  rows: number | undefined;
  /** Rows with a text. */
  scored: number | undefined;
  textColumns: string[] | undefined;
  /** How the output is to be read, as far as that was told of the input. */
  reading: { delimiter?: string; quote?: string; escape?: string; headerRows?: number };
  /** Whether the output lacks rows that were unchanged since an earlier file. */
  onlyNew: boolean;
  /** Whether cells that a spreadsheet takes for formulas were changed. */
  escapeFormulas: boolean;
  prefix: string | undefined;
  startedAt: string | undefined;
  elapsedMs: number | undefined;
  voxpopVersion: string | undefined;
  inputs: string[];
  /** Kind of each task; empty when the manifest does not tell. */
  problemTypes: Record<string, string>;
  /** Rows by task and label. */
  labels: RunManifest['labels'];
  labelsByLanguage: RunManifest['labels_by_language'];
  /** What became of rows since an earlier file; undefined where none was named. */
  changes: ChangesSummary | undefined;
  /** Undefined when the manifest does not tell, as one of an earlier version. */
  labelFacts: LabelFacts | undefined;
}

/** What a manifest tells about rows since an earlier file. */
export interface ChangesSummary {
  since: string;
  new: number;
  changed: number;
  unchanged: number;
  /** Undefined when not all rows were read. */
  deleted: number | undefined;
  newLabels: RunManifest['labels'];
  /** Of the earlier file; empty when nothing told them. */
  labelsBefore: RunManifest['labels'];
}

/** The manifest of a finished run; undefined when there is none that this version can go on from. */
export async function readManifest(path: string): Promise<RunManifest | undefined> {
  const found = await parse(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { manifest_version, inputs, output, bundle, options, voxpop } = found;
  const isWhole = Array.isArray(inputs) && [output, bundle, options, voxpop].every(isJsonObject);
  const isReadable =
    manifest_version === 1 && isWhole && partsOf<RunManifest['output']>(output).sha256 !== undefined;
  return isReadable ? (found as unknown as RunManifest) : undefined;
}

/** Reads the manifest beside a scored file; undefined when there is none. */
export async function runSummaryBeside(output: string): Promise<RunSummary | undefined> {
  return readRunSummary(manifestPathOf(output)).catch((error: unknown) => {
    if (error instanceof InputError && error.code === 'MANIFEST_NOT_FOUND') return undefined;
    throw error;
  });
}

/**
 * Reads what it knows and passes over the rest, so that later versions stay readable.
 * @throws InputError when there is no manifest of a run at the path
 */
export async function readRunSummary(path: string): Promise<RunSummary> {
  const manifest = await parse(path);
  const bundle = partsOf<RunManifest['bundle']>(manifest.bundle);
  const counts = partsOf<RunManifest['counts']>(manifest.counts);
  const options = partsOf<RunManifest['options']>(manifest.options);
  const output = partsOf<RunManifest['output']>(manifest.output);
  const inputs = Array.isArray(manifest.inputs) ? manifest.inputs : [];
  const byLanguage = Object.entries(partsOf<JsonObject>(manifest.labels_by_language));
  const name = stringOf(bundle.name);
  return {
    path,
    bundle: name === undefined ? undefined : { name, version: stringOf(bundle.version) ?? '' },
    rows: numberOf(counts.rows),
    scored: numberOf(counts.scored),
    textColumns: stringsOf(options['text']),
    reading: readingOf(
      options,
      options['to'] === 'tsv' || formatOfPath(stringOf(output.path) ?? '') === 'tsv',
    ),
    onlyNew: options['onlyNew'] === true,
    escapeFormulas: options['escapeFormulas'] === true,
    prefix: stringOf(options['prefix']),
    startedAt: stringOf(manifest.started_at),
    elapsedMs: numberOf(manifest.elapsed_ms),
    voxpopVersion: stringOf(partsOf<RunManifest['voxpop']>(manifest.voxpop).version),
    inputs: inputs.flatMap((input) => stringOf(partsOf<RunManifest['inputs'][number]>(input).path) ?? []),
    problemTypes: Object.fromEntries(
      Object.entries(partsOf<JsonObject>(manifest.problem_types)).flatMap(([task, kind]) =>
        typeof kind === 'string' ? [[task, kind]] : [],
      ),
    ),
    labels: labelCounts(manifest.labels),
    labelsByLanguage: Object.fromEntries(byLanguage.map(([key, value]) => [key, labelCounts(value)])),
    changes: changesOf(manifest.changes),
    labelFacts: manifest.report === undefined ? undefined : readLabelFacts(manifest.report),
  };
}

/** Delimiters that a reader finds by itself, also where a spreadsheet program has changed them since. */
const foundDelimiters = new Set([',', ';', '\t', '\\t', '|']);

/** Quotes stay as they were where the delimiter does; rows under the names pass through in any table. */
function readingOf(options: Parts<RunManifest['options']>, isTsv: boolean): RunSummary['reading'] {
  const [quote, escape] = [stringOf(options['quote']), stringOf(options['escape'])];
  const headerRows = numberOf(options['headerRows']);
  const isSameDelimiter = options['outputDelimiter'] === undefined;
  const delimiter =
    stringOf(options['outputDelimiter']) ?? (isTsv ? undefined : stringOf(options['delimiter']));
  const isFound = delimiter === undefined || foundDelimiters.has(delimiter);
  return {
    ...(isFound ? {} : { delimiter }),
    ...(isSameDelimiter && quote !== undefined ? { quote } : {}),
    ...(isSameDelimiter && escape !== undefined ? { escape } : {}),
    ...(headerRows === undefined ? {} : { headerRows }),
  };
}

function changesOf(value: unknown): ChangesSummary | undefined {
  const changes = partsOf<NonNullable<RunManifest['changes']>>(value);
  const [since, added] = [stringOf(changes.since), numberOf(changes.new)];
  if (since === undefined || added === undefined) return undefined;
  return {
    since,
    new: added,
    changed: numberOf(changes.changed) ?? 0,
    unchanged: numberOf(changes.unchanged) ?? 0,
    deleted: numberOf(changes.deleted),
    newLabels: labelCounts(changes.new_labels),
    labelsBefore: labelCounts(changes.labels_before),
  };
}

/** Parts of a file that may have been written by another version or program: any may be missing, or be anything. */
type Parts<Whole> = Readonly<Partial<Record<keyof Whole, unknown>>>;

async function parse(path: string): Promise<Parts<RunManifest>> {
  const content = await readFile(path, 'utf8').catch((cause: Error) => {
    const message = `expected a manifest, found none: ${cause.message}`;
    throw new InputError('MANIFEST_NOT_FOUND', message, { file: path }, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    const message = `expected the manifest of a run, found bad JSON: ${(cause as Error).message}`;
    throw new InputError('MANIFEST_INVALID', message, { file: path }, { cause });
  }
  if (isJsonObject(json) && 'manifest_version' in json) return json;
  const hint = 'It is the file <output>.manifest.json that `voxpop score` writes beside its output.';
  const message = 'expected the manifest of a run, found no manifest_version';
  throw new InputError('MANIFEST_INVALID', message, { file: path }, { hint });
}

function partsOf<Whole extends object>(value: unknown): Parts<Whole> {
  return (isJsonObject(value) ? value : {}) as Parts<Whole>;
}

function labelCounts(value: unknown): RunManifest['labels'] {
  const tasks = Object.entries(partsOf<JsonObject>(value)).filter(([, labels]) => isJsonObject(labels));
  return Object.fromEntries(
    tasks.map(([task, labels]) => [
      task,
      Object.fromEntries(
        Object.entries(labels as JsonObject).filter(
          (entry): entry is [string, number] => typeof entry[1] === 'number',
        ),
      ),
    ]),
  );
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function stringsOf(value: unknown): string[] | undefined {
  const isList = Array.isArray(value) && value.length > 0;
  return isList && value.every((each) => typeof each === 'string') ? value : undefined;
}
