import { isJsonObject, type JsonObject } from '../records/json-fields.ts';
import type { WrittenBytes } from '../records/sink-end.ts';
import { addsUp, noCounts, type RunCounts } from './run-counts.ts';
import type { RunIdentity } from './run-identity.ts';
import type { TallyState } from './tally.ts';

/** Where an unfinished run stands; lies beside its output until that is complete. */
export interface Checkpoint {
  checkpoint_version: 2;
  identity: RunIdentity;
  /** What was read up to here, including what was read ahead. */
  read: WrittenBytes[];
  /** What the unfinished output holds. */
  output: WrittenBytes;
  /** Bytes of it that are the header, where that is to be cut off again. */
  headerBytes: number;
  /** What the unfinished rejects hold; null when none are set aside. */
  rejects: WrittenBytes | null;
  /** True when everything is written, and only names are missing. */
  complete: boolean;
  /** Where the manifest belongs, and what it holds, once everything is written; null when there is none. */
  manifest: (WrittenBytes & { path: string }) | null;
  tally: TallyState;
}

/** Whether every field of a checkpoint is there and can be what a run wrote: all of them decide on bytes or counts. */
export function isCheckpoint(value: unknown): value is Checkpoint {
  if (!isJsonObject(value) || value['checkpoint_version'] !== 2) return false;
  const { identity, read, output, headerBytes, rejects, complete, manifest, tally } = value;
  return (
    isIdentity(identity) &&
    isListOf(read, isWritten) &&
    read.length === identity.inputs.length &&
    isWritten(output) &&
    isCount(headerBytes) &&
    headerBytes <= output.bytes &&
    (rejects === null || isWritten(rejects)) &&
    typeof complete === 'boolean' &&
    (manifest === null || isManifest(manifest)) &&
    isTally(tally)
  );
}

function isIdentity(value: unknown): value is Checkpoint['identity'] {
  if (!isJsonObject(value)) return false;
  const { voxpop, bundle, inputs, options } = value;
  return (
    typeof voxpop === 'string' &&
    isJsonObject(bundle) &&
    [bundle['name'], bundle['version']].every((each) => typeof each === 'string') &&
    isSha256(bundle['sha256']) &&
    isListOf(inputs, isInput) &&
    isJsonObject(options)
  );
}

/** A run that can be resumed has files as inputs: their sizes and times are known. */
function isInput(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const { path, bytes, modifiedMs } = value;
  return typeof path === 'string' && isCount(bytes) && Number.isSafeInteger(modifiedMs);
}

function isWritten(value: unknown): value is Checkpoint['output'] {
  return isJsonObject(value) && isCount(value['bytes']) && isSha256(value['sha256']);
}

function isManifest(value: unknown): boolean {
  return isWritten(value) && 'path' in value && typeof value.path === 'string';
}

function isTally(value: unknown): value is Checkpoint['tally'] {
  if (!isJsonObject(value)) return false;
  const { counts, labels, labelsByLanguage, labelsOfNew } = value;
  if (!isJsonObject(counts) || !Object.keys(noCounts()).every((name) => isCount(counts[name]))) return false;
  return (
    addsUp(counts as unknown as RunCounts) &&
    isMapOf(labels, isLabelCounts) &&
    isMapOf(labelsOfNew, isLabelCounts) &&
    isMapOf(labelsByLanguage, (each) => isMapOf(each, isLabelCounts))
  );
}

function isLabelCounts(value: unknown): boolean {
  return isMapOf(value, isCount);
}

function isMapOf(value: unknown, isRight: (each: unknown) => boolean): boolean {
  return isJsonObject(value) && Object.values(value).every(isRight);
}

function isListOf<Item>(value: unknown, isRight: (each: unknown) => each is Item): value is Item[] {
  return Array.isArray(value) && value.every(isRight);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSha256(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
