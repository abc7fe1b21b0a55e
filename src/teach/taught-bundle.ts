import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type BundlePair, isPairLabel, type LabelRule } from '../bundle/bundle-json.ts';
import { formatHead, type Head } from '../bundle/head-file.ts';
import { bundleFiles } from '../bundle/bundle-files.ts';
import type { BundleDescription } from '../bundle/load-bundle.ts';
import { OutputError, UsageError } from '../errors.ts';
import type { LabelFacts } from '../label-facts.ts';
import type { TaskLayout } from '../protocol.ts';
import { syncFolder } from '../records/durable.ts';
import { partPath } from '../records/output-paths.ts';

/** A task that was learned, ready to become part of a bundle. */
export interface NewTask {
  layout: TaskLayout;
  head: Head;
  /** Multi-label only. */
  thresholds: number[] | undefined;
  rules: LabelRule[];
  /** How it was taught, for `bundle.json`: rows, quality, seed. */
  taught: Record<string, unknown>;
}

type Json = Record<string, unknown>;

/** Directory of heads in a bundle. */
const headsFolder = 'heads';
const cardName = 'README.md';

/**
 * Makes sure that the taught bundle can be written where it is to be.
 * @throws UsageError when the bundle is there already and may not be replaced, or its folder is not
 */
export async function checkBundleOutput(output: string, force: boolean): Promise<void> {
  const found = await stat(output).catch(() => undefined);
  if (found !== undefined && !(force && found.isDirectory())) {
    throw new UsageError(
      'OUTPUT_EXISTS',
      `Expected the directory of a new bundle, found ${output} there already`,
      found.isDirectory() ? { hint: 'Replace it with `--force`, or name another directory.' } : {},
    );
  }
  if (
    found !== undefined &&
    (await stat(join(output, bundleFiles.json)).catch(() => undefined)) === undefined
  ) {
    throw new UsageError(
      'OUTPUT_EXISTS',
      `Expected a bundle to replace, found another directory at ${output}`,
      {
        hint: 'Name a directory that does not exist yet.',
      },
    );
  }
}

/**
 * Writes a bundle that has the body and the tasks of another one, and new tasks with heads of their own. It
 * appears under its name when it is complete.
 * @returns SHA-256 of its `bundle.json`
 * @throws OutputError
 */
export async function writeTaughtBundle(
  body: BundleDescription,
  output: string,
  tasks: readonly NewTask[],
  replaced: readonly string[],
): Promise<string> {
  const part = partPath(resolve(output));
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(join(part, headsFolder), { recursive: true });
    const json = JSON.parse(await readFile(join(body.path, bundleFiles.json), 'utf8')) as Json;
    const kept = (json['tasks'] as Json[]).filter(({ name }) => !replaced.includes(name as string));
    const heads = tasks.map(({ layout, head }, index) => ({
      path: `${headsFolder}/${fileName(layout.name, index)}`,
      bytes: formatHead(head),
    }));
    // A head whose task was replaced is of no more use.
    const dropped = new Set(
      body.manifest.tasks.filter(({ name }) => replaced.includes(name)).map(({ head }) => head),
    );
    const files = body.manifest.files.filter(
      ({ path }) => !dropped.has(path) && !heads.some((head) => head.path === path),
    );
    for (const { path } of files) {
      await mkdir(dirname(join(part, path)), { recursive: true });
      await copyFile(join(body.path, path), join(part, path), constants.COPYFILE_FICLONE);
    }
    for (const { path, bytes } of heads) await writeFile(join(part, path), bytes);
    const name = basename(resolve(output));
    const document: Json = {
      ...json,
      name,
      files: [
        ...files,
        ...heads.map(({ path, bytes }) => ({ path, sha256: sha256(bytes), bytes: bytes.length })),
      ],
      tasks: [...kept, ...tasks.map((task, index) => taskJson(task, heads[index]?.path as string))],
    };
    const gate = json['gate'] as { task?: string } | undefined;
    if (gate?.task !== undefined && replaced.includes(gate.task)) delete document['gate'];
    const pairs = taughtPairs(body.manifest.pairs, tasks, replaced);
    if (pairs.length > 0) document['pairs'] = pairs;
    else delete document['pairs'];
    document['report'] = reportWithout(body.manifest.report, replaced);
    const text = `${JSON.stringify(document, null, 1)}\n`;
    await writeFile(join(part, bundleFiles.json), text);
    await writeFile(join(part, cardName), card(name, body, tasks));
    await syncAll(part, [
      bundleFiles.json,
      cardName,
      ...files.map(({ path }) => path),
      ...heads.map(({ path }) => path),
    ]);
    await replaceFolder(part, resolve(output));
    return sha256(text);
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => {});
    throw new OutputError('OUTPUT_FAILED', `${output} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Topics of one's own are something that a feeling can be about, as the body's own are. */
function taughtPairs(
  pairs: readonly BundlePair[],
  tasks: readonly NewTask[],
  replaced: readonly string[],
): BundlePair[] {
  const kept = pairs.filter((pair) => !replaced.includes(pair.with));
  const taught = tasks
    .map(({ layout }) => layout)
    .filter(
      ({ problemType, labels }) => problemType === 'multi_label_classification' && labels.every(isPairLabel),
    );
  const others = kept.filter((pair, index) => kept.findIndex((each) => each.with === pair.with) === index);
  return [
    ...kept.filter(({ task }) => !replaced.includes(task)),
    ...taught.flatMap(({ name }) =>
      others.map((pair): BundlePair => ({ task: name, with: pair.with, both: pair.both })),
    ),
  ];
}

/** What the body says of its labels in reports, but for tasks that were replaced: theirs are other labels. */
function reportWithout(
  { roles, names, confusion, hits }: LabelFacts,
  replaced: readonly string[],
): LabelFacts {
  const withoutReplaced = <Value>(table: Record<string, Value>): Record<string, Value> =>
    Object.fromEntries(Object.entries(table).filter(([task]) => !replaced.includes(task)));
  return {
    roles: Object.fromEntries(Object.entries(roles).filter(([, { task }]) => !replaced.includes(task))),
    names: withoutReplaced(names),
    confusion: withoutReplaced(confusion),
    hits: withoutReplaced(hits),
  };
}

function taskJson({ layout, thresholds, rules, taught }: NewTask, head: string): Json {
  const { name, problemType, labels } = layout;
  return {
    name,
    problem_type: problemType,
    labels,
    head,
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(rules.length === 0 ? {} : { rules }),
    taught,
  };
}

/** A name that every file system takes; tasks have any letters. */
function fileName(task: string, index: number): string {
  return /^[A-Za-z0-9_-]+$/.test(task) ? `${task}.safetensors` : `task-${index + 1}.safetensors`;
}

function card(name: string, { manifest }: BundleDescription, tasks: readonly NewTask[]): string {
  const list = tasks.map(({ layout }) => `- \`${layout.name}\`: ${layout.labels.join(', ')}`);
  return [
    `# ${name}`,
    '',
    `${manifest.name} ${manifest.version} with tasks that were taught with \`voxpop teach\`:`,
    '',
    ...list,
    '',
    'How they were taught and how good they are stands in `bundle.json`, and `voxpop model show` tells it. The',
    `other tasks, the languages and the licence (${manifest.license}) are those of ${manifest.name}.`,
    '',
  ].join('\n');
}

async function syncAll(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const file = await open(join(folder, path), 'r');
    await file.sync();
    await file.close();
  }
  await syncFolder(folder);
}

/** Puts a folder in the place of another, which is only removed when the new one is there. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const old = `${to}.old`;
  await rm(old, { recursive: true, force: true });
  const hadOld = await rename(to, old).then(
    () => true,
    () => false,
  );
  try {
    await rename(from, to);
  } catch (error) {
    if (hadOld) await rename(old, to);
    throw error;
  }
  await syncFolder(dirname(to));
  await rm(old, { recursive: true, force: true });
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
