import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFiles } from '../../src/bundle/bundle-files.ts';
import type { FixtureManifest } from '../support/fixture-bundle.ts';
import { keepOutputs } from './onnx-file.ts';

/** Writes a bundle with the body of another one and the head of one of its tasks; returns its directory. */
export async function writeSingleTask(bundle: string, task: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const manifest = JSON.parse(await readFile(join(bundle, bundleFiles.json), 'utf8')) as FixtureManifest;
  manifest.tasks = manifest.tasks.filter(({ name }) => name === task);
  // The vectors are no head's; gate, pairs and roles may be of other tasks; probes have the logits of all.
  delete manifest.vectors;
  delete manifest.gate;
  delete manifest.pairs;
  delete manifest.report;
  const outputs = manifest.tasks.map(({ output }) => output);
  const model = keepOutputs(await readFile(join(bundle, bundleFiles.model)), outputs);
  await writeFile(join(directory, bundleFiles.model), model);
  await copyFile(join(bundle, bundleFiles.tokenizer), join(directory, bundleFiles.tokenizer));
  manifest.files = manifest.files.filter(
    ({ path }) => path === bundleFiles.model || path === bundleFiles.tokenizer,
  );
  for (const file of manifest.files) {
    if (file.path !== bundleFiles.model) continue;
    file.bytes = model.length;
    file.sha256 = createHash('sha256').update(model).digest('hex');
  }
  await writeFile(join(directory, bundleFiles.json), JSON.stringify(manifest));
  return directory;
}
