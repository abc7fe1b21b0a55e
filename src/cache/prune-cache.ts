import { rmSync, statSync } from 'node:fs';
import { groupBy } from '../collections.ts';
import { exitCodes, VoxpopError } from '../errors.ts';
import { isDamage } from './cache-damage.ts';
import { close, commit, type Database, openWriter, prepareRows, textsOf } from './cache-file.ts';
import { layoutsOf } from './cache-writer.ts';
import { type Conditions, readConditions } from './conditions.ts';
import { hasRoom, makeRoom, removeEntries } from './evict.ts';
import { requireCache, withCache } from './inspect-cache.ts';
import { secretOf } from './open-cache.ts';
import { secretPath } from './secret.ts';

export interface PruneOptions {
  /** Entries go, too, that no run used for so many days. */
  unusedDays?: number | undefined;
  /** And as many of the least recently used as it takes to make the file so small, in bytes. */
  size?: number | undefined;
}

export interface Pruned {
  /** What nothing is kept of any more, as newer bundles or versions took its place. */
  outdated: Conditions[];
  /** Texts that were removed, and that are left. */
  texts: number;
  textsLeft: number;
  /** Size of the file before and after. */
  bytesBefore: number;
  bytes: number;
}

/**
 * Removes what is of no use any more, and makes the file as small as what is left: predictions of bundles and
 * versions that others took the place of, and what is asked for besides.
 * @throws UsageError, InputError; VoxpopError when another process is writing
 */
export function pruneCache(path: string, { unusedDays, size }: PruneOptions = {}): Pruned {
  const bytesBefore = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const pruned = withCache(
    path,
    (db) => {
      const layoutOf = layoutsOf(db, secretOf(path, db));
      const textsBefore = textsOf(db);
      const outdated = outdatedConditions(db);
      const remove = (before: number, isOf?: (conditions: number) => boolean): void =>
        removeEntries(db, layoutOf, { before, within: 0 }, isOf);
      if (outdated.size > 0) {
        remove(Number.MAX_SAFE_INTEGER, (conditions) => outdated.has(conditions));
        const forget = db.prepare('DELETE FROM conditions WHERE id = ?');
        for (const id of outdated.keys()) forget.run(id);
      }
      if (unusedDays !== undefined) remove(firstRunSince(db, unusedDays));
      if (size !== undefined && !hasRoom(db, size, 0)) {
        makeRoom(db, layoutOf, { limitBytes: size, neededBytes: 0, run: 0 });
      }
      if (!commit(db)) throw busy(path);
      db.exec('ROLLBACK; VACUUM');
      const textsLeft = textsOf(db);
      return { outdated: [...outdated.values()], texts: textsBefore - textsLeft, textsLeft };
    },
    openLocked,
  );
  return { ...pruned, bytesBefore, bytes: statSync(path).size };
}

/**
 * Conditions with another bundle version, or another version of what runs it, than those under which the bundle of
 * that name was last used on that CPU.
 */
function outdatedConditions(db: Database): Map<number, Conditions> {
  const rows = prepareRows(
    db,
    'SELECT id, description FROM conditions ORDER BY last_run DESC, id DESC',
  ).all() as [number, string][];
  const all = rows.map(([id, description]) => ({ id, conditions: readConditions(description) }));
  const versions = ({ bundle, voxpop, onnxruntime }: Conditions): string =>
    JSON.stringify([bundle.sha256, voxpop, onnxruntime]);
  const outdated = new Map<number, Conditions>();
  const groups = groupBy(all, ({ conditions: { bundle, cpu } }) => JSON.stringify([bundle.name, cpu]));
  for (const [latest, ...others] of groups.values()) {
    for (const { id, conditions } of others) {
      if (versions(conditions) !== versions((latest as (typeof all)[number]).conditions)) {
        outdated.set(id, conditions);
      }
    }
  }
  return outdated;
}

/** The first run that was so many days ago at most; one that is still to come when there is none. */
function firstRunSince(db: Database, days: number): number {
  const since = new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();
  const [first] = prepareRows(db, 'SELECT min(id) FROM runs WHERE started_at >= ?').get(since) as [
    number | null,
  ];
  const [last] = prepareRows(db, 'SELECT coalesce(max(id), 0) FROM runs').get() as [number];
  return first ?? last + 1;
}

/** Removes a cache and its secret, damaged ones too. */
export function clearCache(path: string): { bytes: number } {
  requireCache(path);
  const { size: bytes } = statSync(path);
  try {
    close(openLocked(path));
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  for (const file of [path, `${path}-journal`, secretPath(path)]) rmSync(file, { force: true });
  return { bytes };
}

function openLocked(path: string): Database {
  const db = openWriter(path);
  if (db === undefined) throw busy(path);
  return db;
}

function busy(path: string): VoxpopError {
  return new VoxpopError('CACHE_BUSY', exitCodes.failed, `${path}: another process is using the cache`, {
    hint: 'Try again when the run that writes to it has ended.',
  });
}
