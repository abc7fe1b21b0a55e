/** `npm run fixtures`: writes what in `fixtures/` is made rather than written: the bundle and `feedback.jsonl`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { feedbackJsonl } from './feedback.ts';
import { writeBundle } from './fixture-bundle.ts';
import { fixturesDirectory } from './paths.ts';

writeBundle(join(fixturesDirectory, 'bundle'));
const csv = readFileSync(join(fixturesDirectory, 'feedback.csv'), 'utf8');
writeFileSync(join(fixturesDirectory, 'feedback.jsonl'), feedbackJsonl(csv));
