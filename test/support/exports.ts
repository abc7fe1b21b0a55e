import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { exitCodes } from '../../src/errors.ts';
import { fixtureBundle } from './feedback-labels.ts';
import { repositoryRoot } from './paths.ts';
import { type Ended, runMain } from './run-main.ts';

/** A file in the shape in which people's tools write it. */
export function exported(name: string): string {
  return join(repositoryRoot, 'test', 'cases', 'exports', name);
}

/** Scores the sentiment of a file to stdout with the bundle of the tests. */
export function scoreFile(path: string, ...args: string[]): Promise<Ended> {
  const tasks = ['--tasks', 'sentiment', '--scores', 'none'];
  return runMain(['score', path, '-m', fixtureBundle, '-w', '1', ...tasks, ...args]);
}

/** What a scored file holds: its rows as cells, the sentiment of each row, and what was said on stderr. */
export interface Labelled {
  output: string;
  rows: string[][];
  sentiments: string[];
  stderr: string;
}

/** Scores a file that has to be readable. */
export async function labelled(path: string, ...args: string[]): Promise<Labelled> {
  const { code, stdout, stderr } = await scoreFile(path, ...args);
  assert.equal(code, exitCodes.ok, stderr);
  const delimiter = /(.)"?sentiment"?\r?$/mu.exec(stdout)?.[1] ?? ',';
  const rows = parse(stdout, { bom: true, delimiter, relax_quotes: true });
  return { output: stdout, rows, sentiments: rows.slice(1).map((row) => row.at(-1) ?? ''), stderr };
}
