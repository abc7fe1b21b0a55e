import { createHash } from 'node:crypto';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { BundleError } from '../errors.ts';
import { bundleFiles } from './bundle-files.ts';
import { refuseUnfitPatterns } from './check-tokenizer.ts';
import { type Directions, parseDirections } from './directions-file.ts';
import { type Head, parseHead } from './head-file.ts';
import { inspectOnnx } from './inspect-onnx.ts';
import { parseJson } from './parse-json.ts';
import { parseProbes, type Probes } from './probes.ts';
import { type BundleFile, type BundleJson, parseBundleJson } from './bundle-json.ts';

/** A file that a bundle may have: what the reference made of some texts, for `model verify`. */
export const probesFile = 'probes.json';

/** No honest `bundle.json` or `probes.json` comes near; a larger file is refused before it is read. */
const maxJsonBytes = 16 * 1024 * 1024;

/** The most that Node reads of one file, in bytes, and more than an ONNX model in one file can have. */
const maxFileBytes = 2 ** 31 - 1;

/** A bundle whose files were read once, checked, and are used from memory: nothing can change them later. */
export interface Bundle {
  path: string;
  manifest: BundleJson;
  /** ONNX model; the whole of its buffer. */
  model: Uint8Array & { buffer: ArrayBuffer };
  /** Parsed `tokenizer.json` in Hugging Face's format. */
  tokenizer: Record<string, unknown>;
  /** Heads of the tasks that have one of their own, by task name. */
  heads: ReadonlyMap<string, Head>;
  /** Contents of `probes.json`, undefined for a bundle without one. */
  probes: Probes | undefined;
  /** SHA-256 of `bundle.json`, hex. As that holds the hashes of the other files, it names the contents of all. */
  sha256: string;
}

/**
 * The part of a bundle that is kept once its session and tokenizer are made: its files can be a gigabyte, per worker.
 */
export type BundleDescription = Pick<Bundle, 'path' | 'manifest' | 'sha256'>;

/** What tells a bundle from every other one: the hash of its bundle.json, in which those of its files are. */
export function identityOfBundle(bundle: BundleDescription): {
  name: string;
  version: string;
  sha256: string;
} {
  const { name, version } = bundle.manifest;
  return { name, version, sha256: bundle.sha256 };
}

export function describeBundle(bundle: Bundle): BundleDescription {
  return { path: bundle.path, manifest: bundle.manifest, sha256: bundle.sha256 };
}

/**
 * Gives the model's bytes back at once, where the garbage collector might wait for minutes: `bundle.model` is then
 * empty.
 */
export function releaseModel(bundle: Bundle): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  // Moved into a message that nobody can receive, and dropped with it.
  port1.postMessage(undefined, [bundle.model.buffer]);
  port1.close();
}

/**
 * Does all of `loadBundle`'s checks, and keeps nothing but what the bundle says about itself.
 * @throws BundleError
 */
export async function checkBundle(path: string): Promise<BundleDescription> {
  const bundle = await loadBundle(path);
  releaseModel(bundle);
  return describeBundle(bundle);
}

/**
 * Reads what a bundle says about itself. Its other files are not looked at: enough to know its tasks, not to score.
 * @throws BundleError
 */
export async function readBundleJson(path: string): Promise<BundleDescription> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isDirectory()) {
    throw new BundleError(
      'BUNDLE_NOT_FOUND',
      `Expected a bundle directory at ${path}, found ${info ? 'a file' : 'nothing'}`,
      {
        hint: 'Run `voxpop model list` to see the bundles at hand.',
      },
    );
  }
  const jsonBytes = await readInside(path, bundleFiles.json, maxJsonBytes);
  const manifest = parseBundleJson(jsonBytes, join(path, bundleFiles.json));
  return { path, manifest, sha256: sha256(jsonBytes) };
}

/**
 * Reads and checks the bundle in a directory. Nothing in it is trusted: sizes and hashes are compared before
 * the model or the tokenizer is looked at, and every path must stay inside.
 * @throws BundleError
 */
export async function loadBundle(path: string): Promise<Bundle> {
  const { manifest, sha256: jsonHash } = await readBundleJson(path);
  const contents = new Map<string, Buffer<ArrayBuffer>>();
  for (const file of manifest.files) contents.set(file.path, await readChecked(path, file));
  const probes = contents.get(probesFile);

  const [model, tokenizer] = [bundleFiles.model, bundleFiles.tokenizer].map((name) => {
    const bytes = contents.get(name);
    if (bytes !== undefined) return bytes;
    throw new BundleError(
      'BUNDLE_FILE_UNLISTED',
      `${join(path, bundleFiles.json)}: expected ${name} among files, found ${[...contents.keys()].join(', ') || 'none'}`,
    );
  }) as [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>];
  inspectOnnx(model, join(path, bundleFiles.model));
  const heads = new Map<string, Head>();
  for (const { name, labels, head } of manifest.tasks) {
    if (head === undefined) continue;
    const shape = { labels: labels.length, size: manifest.vectors?.size ?? 0 };
    heads.set(name, parseHead(contents.get(head) as Buffer, shape, join(path, head)));
  }
  const { vectors } = manifest;
  if (vectors?.directions !== undefined) {
    const bytes = contents.get(vectors.directions) as Buffer;
    parseDirections(bytes, vectors.size, join(path, vectors.directions));
  }
  return {
    path,
    manifest,
    model,
    tokenizer: parseTokenizer(tokenizer, join(path, bundleFiles.tokenizer)),
    heads,
    probes: probes && parseProbes(probes, manifest.tasks, join(path, probesFile)),
    sha256: jsonHash,
  };
}

/**
 * The directions that tell languages apart in the bundle's sentence vectors; undefined for a bundle without.
 * @throws BundleError
 */
export async function loadDirections({
  path,
  manifest: { vectors, files },
}: BundleDescription): Promise<Directions | undefined> {
  const file = files.find((each) => each.path === vectors?.directions);
  if (vectors === undefined || file === undefined) return undefined;
  return parseDirections(await readChecked(path, file), vectors.size, join(path, file.path));
}

function parseTokenizer(bytes: Buffer, where: string): Record<string, unknown> {
  const value = parseJson(bytes, where, 'TOKENIZER_INVALID');
  if (typeof value !== 'object' || value === null) {
    throw new BundleError('TOKENIZER_INVALID', `${where}: expected an object, found ${typeof value}`);
  }
  refuseUnfitPatterns(value, where);
  return value as Record<string, unknown>;
}

async function readChecked(bundle: string, file: BundleFile): Promise<Buffer<ArrayBuffer>> {
  const where = join(bundle, file.path);
  const limit = file.path === probesFile ? maxJsonBytes : maxFileBytes;
  const bytes = await readInside(bundle, file.path, Math.min(file.bytes, limit));
  const hint = 'The bundle is damaged or was changed; get it again.';
  if (bytes.byteLength !== file.bytes) {
    throw new BundleError(
      'BUNDLE_FILE_SIZE',
      `${where}: expected ${file.bytes} bytes, found ${bytes.byteLength}`,
      { hint },
    );
  }
  const found = sha256(bytes);
  if (found !== file.sha256) {
    throw new BundleError('BUNDLE_FILE_HASH', `${where}: expected sha256 ${file.sha256}, found ${found}`, {
      hint,
    });
  }
  return bytes;
}

/** Reads a regular file of at most `maxBytes` that lies inside the bundle, no link on the way. */
async function readInside(bundle: string, path: string, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const where = join(bundle, path);
  if (
    isAbsolute(path) ||
    path.includes('\\') ||
    path.split('/').some((part) => part === '..' || part === '')
  ) {
    throw new BundleError(
      'BUNDLE_PATH_OUTSIDE',
      `${join(bundle, bundleFiles.json)}: expected paths inside the bundle, found ${JSON.stringify(path)}`,
    );
  }
  const info = await lstat(where).catch((cause: NodeJS.ErrnoException) => {
    throw new BundleError('BUNDLE_FILE_MISSING', `${where}: expected a file, found none (${cause.code})`, {
      cause,
      hint: `A bundle is a directory with ${Object.values(bundleFiles).join(', ')}.`,
    });
  });
  const inside = relative(await realpath(bundle), await realpath(where));
  if (
    info.isSymbolicLink() ||
    inside !==
      path
        .split('/')
        .filter((part) => part !== '.')
        .join(sep)
  ) {
    throw new BundleError(
      'BUNDLE_SYMLINK',
      `${where}: expected a file inside the bundle, found a symbolic link`,
      {
        hint: 'Copy the file into the bundle.',
      },
    );
  }
  if (!info.isFile())
    throw new BundleError('BUNDLE_FILE_MISSING', `${where}: expected a file, found something else`);
  if (info.size > maxBytes) {
    throw new BundleError(
      'BUNDLE_FILE_SIZE',
      `${where}: expected at most ${maxBytes} bytes, found ${info.size}`,
    );
  }
  return readFile(where);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
