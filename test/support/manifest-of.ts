import { readFileSync } from 'node:fs';
import type { RunManifest } from '../../src/pipeline/manifest.ts';

/** The manifest that a run left beside its output. */
export function manifestOf(output: string): RunManifest {
  return JSON.parse(readFileSync(`${output}.manifest.json`, 'utf8')) as RunManifest;
}
