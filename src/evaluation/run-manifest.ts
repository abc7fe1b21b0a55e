import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../records/json-fields.ts';

/** What is used of the manifest that `score` leaves beside its output; everything may be missing. */
export interface RunManifest {
  path: string;
  bundle: { name: string; version: string } | undefined;
  rows: number | undefined;
  /** Rows with a text. */
  scored: number | undefined;
  textColumns: string[] | undefined;
  prefix: string | undefined;
  startedAt: string | undefined;
  elapsedMs: number | undefined;
  voxpopVersion: string | undefined;
  inputs: string[];
  /** Rows by task and label. */
  labels: LabelTable;
  labelsByLanguage: Record<string, LabelTable>;
}

export type LabelTable = Record<string, Record<string, number>>;

const manifestSuffix = '.manifest.json';

/** Whether a path names a manifest and not a scored file. */
export function isManifestPath(path: string): boolean {
  return path.endsWith('.json');
}

/** The manifest beside a scored file, undefined when there is none. */
export async function manifestBeside(path: string): Promise<RunManifest | undefined> {
  const file = `${path}${manifestSuffix}`;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseManifest(text, file);
}

/** @throws InputError when there is no manifest of a run at the path */
export async function readManifest(path: string): Promise<RunManifest> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    const message = `expected a manifest, found none: ${cause.message}`;
    throw new InputError('MANIFEST_NOT_FOUND', message, { file: path }, { cause });
  });
  return parseManifest(text, path);
}

/** Reads what it knows and passes over the rest, so that later versions stay readable. */
function parseManifest(text: string, path: string): RunManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = `expected the manifest of a run, found bad JSON: ${(cause as Error).message}`;
    throw new InputError('MANIFEST_INVALID', message, { file: path }, { cause });
  }
  if (!isJsonObject(json) || !('manifest_version' in json)) {
    const hint = 'It is the file <output>.manifest.json that `voxpop score` writes beside its output.';
    const message = 'expected the manifest of a run, found no manifest_version';
    throw new InputError('MANIFEST_INVALID', message, { file: path }, { hint });
  }
  const bundle = objectAt(json, 'bundle');
  const options = objectAt(json, 'options');
  const inputs = Array.isArray(json['inputs']) ? json['inputs'].filter(isJsonObject) : [];
  return {
    path,
    bundle:
      typeof bundle['name'] === 'string'
        ? { name: bundle['name'], version: stringAt(bundle, 'version') ?? '' }
        : undefined,
    rows: numberAt(objectAt(json, 'counts'), 'rows'),
    scored: numberAt(objectAt(json, 'counts'), 'scored'),
    textColumns:
      stringsAt(json, 'text_columns') ?? stringsAt(options, 'text_columns') ?? stringsAt(options, 'text'),
    prefix: stringAt(options, 'prefix'),
    startedAt: stringAt(json, 'started_at'),
    elapsedMs: numberAt(json, 'elapsed_ms'),
    voxpopVersion: stringAt(objectAt(json, 'voxpop'), 'version'),
    inputs: inputs.flatMap((input) => (typeof input['path'] === 'string' ? [input['path']] : [])),
    labels: labelTable(json['labels']),
    labelsByLanguage: Object.fromEntries(
      Object.entries(objectAt(json, 'labels_by_language')).map(([key, value]) => [key, labelTable(value)]),
    ),
  };
}

function labelTable(value: unknown): LabelTable {
  if (!isJsonObject(value)) return {};
  const tasks = Object.entries(value).filter((entry): entry is [string, JsonObject] =>
    isJsonObject(entry[1]),
  );
  return Object.fromEntries(
    tasks.map(([task, labels]) => [
      task,
      Object.fromEntries(
        Object.entries(labels).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
      ),
    ]),
  );
}

function objectAt(json: JsonObject, key: string): JsonObject {
  const value = json[key];
  return isJsonObject(value) ? value : {};
}

function stringAt(json: JsonObject, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

function numberAt(json: JsonObject, key: string): number | undefined {
  const value = json[key];
  return typeof value === 'number' ? value : undefined;
}

function stringsAt(json: JsonObject, key: string): string[] | undefined {
  const value = json[key];
  const isList = Array.isArray(value) && value.length > 0;
  return isList && value.every((each) => typeof each === 'string') ? value : undefined;
}
