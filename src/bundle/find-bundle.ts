import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BundleError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { bundleFiles } from './bundle-files.ts';

/** Folder of the bundles that come with voxpop, as seen from the compiled file in `dist/src/bundle/`. */
const modelsDirectory = fileURLToPath(new URL('../../../models/', import.meta.url));

/** Name of the bundle that scores when none is named. */
export const defaultBundle = 'voxpop-mini';

/**
 * Finds a bundle by the name of one that comes with voxpop, or by the path of its directory.
 * @throws BundleError when there is neither
 */
export async function findBundle(nameOrPath: string = defaultBundle): Promise<string> {
  const shipped = await shippedBundles();
  if (shipped.includes(nameOrPath)) return join(modelsDirectory, nameOrPath);
  if (await stat(nameOrPath).catch(() => undefined)) return resolve(nameOrPath);
  throw new BundleError('BUNDLE_NOT_FOUND', `Expected a bundle, found none at ${nameOrPath}`, {
    hint:
      didYouMean(nameOrPath, shipped) ??
      `Name a directory with a ${bundleFiles.json}, or one of: ${shipped.join(', ')}.`,
  });
}

/** Names of the bundles that come with voxpop, sorted. */
export async function shippedBundles(): Promise<string[]> {
  const entries = await readdir(modelsDirectory).catch(() => []);
  const isBundle = await Promise.all(
    entries.map((entry) =>
      stat(join(modelsDirectory, entry, bundleFiles.json)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return entries.filter((_, index) => isBundle[index]).toSorted();
}
