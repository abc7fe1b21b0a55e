import { blankPredictions, type ShardPredictions } from '../protocol.ts';
import { isBusy, isDamage } from './cache-damage.ts';
import { close, commit, type Database, pagesOf, textsOf } from './cache-file.ts';
import { type CacheEnd, type CacheSettings, type Found, hitKinds } from './messages.ts';
import { type Lane, notifySetAside, type OpenCache, openOwnCache, openSharedCache } from './open-cache.ts';
import { hashBytes } from './text-hasher.ts';

/** Some texts and what was found of them so far. */
interface Search {
  /** Which of the lookups it is. */
  lookup: number;
  texts: readonly string[];
  predictions: ShardPredictions;
  /** `hitKinds` of each text. */
  isHit: Uint8Array;
}

/**
 * The cache that a run writes, and after it others that it only reads. Whatever goes wrong with one of them is
 * noticed, and the run goes on without it: a cache decides how long a run takes, and nothing else.
 */
export class CacheLevels {
  readonly #settings: CacheSettings;
  #notices: string[] = [];
  #own: OpenCache | undefined;
  #others: OpenCache[];
  /** Texts that are being computed, by ticket. */
  readonly #awaited = new Map<number, { lookup: number; hashes: Buffer }>();
  #tickets = 0;

  /** @throws UsageError, OutputError */
  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#own = this.#openOwn();
    this.#others = settings.from.flatMap(
      (path) => openSharedCache(path, settings.lookups, this.#notify) ?? [],
    );
  }

  /** Sentences for people that were not taken yet. */
  takeNotices(): string[] {
    return this.#notices.splice(0);
  }

  /** @param lookup which of the lookups of the settings */
  find(texts: string[], lookup = 0): Found {
    const predictions = blankPredictions(texts.length, this.#settings.lookups[lookup]?.labelCount ?? 0);
    const search = { lookup, texts, predictions, isHit: new Uint8Array(texts.length) };
    const hashes = this.#findInOwn(search);
    if (search.isHit.includes(0)) {
      for (const other of this.#others) this.#findInOther(other, search, hashes);
    }
    const { isHit } = search;
    const hits = isHit.reduce((sum, kind) => sum + (kind === hitKinds.missing ? 0 : 1), 0);
    const ticket = hits === texts.length ? undefined : this.#await(lookup, hashes, isHit);
    return { predictions, isHit, hits, ticket, computeMs: this.#computeMs(lookup) };
  }

  /** Takes the predictions of the texts that were not found, in their order. */
  keep(ticket: number, predictions: ShardPredictions): void {
    const awaited = this.#awaited.get(ticket);
    this.#awaited.delete(ticket);
    if (awaited === undefined) return;
    this.#withOwn(({ lanes }) => {
      const writer = lanes[awaited.lookup]?.writer;
      for (let text = 0; text < predictions.flags.length; text++) {
        writer?.stage(hashAt(awaited.hashes, text), predictions, text);
      }
      writer?.addComputed(predictions.flags.length, predictions.counts.computeMs);
    });
  }

  drop(ticket: number): void {
    this.#awaited.delete(ticket);
  }

  close(): CacheEnd {
    for (const { db } of this.#others) close(db);
    this.#others = [];
    let end: CacheEnd = { bytes: undefined, texts: undefined };
    this.#withOwn(({ path, db, lanes, isWritten }) => {
      let refused = 0;
      for (const lane of lanes) {
        lane?.writer?.finish();
        refused += lane?.writer?.refused ?? 0;
      }
      if (refused > 0) this.#notify(fullNotice(path, refused));
      if (!isWritten) return;
      if (!commit(db))
        this.#notify(`${path} was read by others for so long that what is new could not be written`);
      const { pageBytes, count } = pagesOf(db);
      end = { bytes: pageBytes * count, texts: textsOf(db) };
    });
    if (this.#own !== undefined) close(this.#own.db);
    this.#own = undefined;
    return end;
  }

  readonly #notify = (notice: string): void => {
    this.#notices.push(notice);
  };

  #openOwn(): OpenCache | undefined {
    const { path, lookups, sizeBytes } = this.#settings;
    return path === undefined ? undefined : openOwnCache(path, lookups, sizeBytes, this.#notify);
  }

  /**
   * Does something with the own cache, and copes when that fails.
   * @returns whether it was done
   */
  #withOwn(action: (own: OpenCache) => void): boolean {
    const own = this.#own;
    if (own === undefined) return false;
    try {
      action(own);
      return true;
    } catch (error) {
      // Somebody is just writing, for longer than one wants to wait.
      if (isBusy(error) && !own.isWritten) return false;
      close(own.db);
      this.#own = undefined;
      this.#awaited.clear();
      if (isDamage(error) && own.isWritten) {
        notifySetAside(own.path, error, this.#notify);
        this.#own = this.#openOwn();
      } else {
        this.#notify(`${own.path} failed (${(error as Error).message}): the run goes on without it`);
      }
      return false;
    }
  }

  /** @returns the hashes of all texts, undefined when there is nothing to keep predictions in */
  #findInOwn(search: Search): Buffer | undefined {
    let hashes: Buffer | undefined;
    const isDone = this.#withOwn(({ db, lanes }) => {
      const lane = lanes[search.lookup];
      if (lane === undefined) return;
      hashes = lane.reader.hasher.hashAll(search.texts);
      const lookUp = (): void => findAll(lane, search, hashes as Buffer);
      if (lane.writer === undefined) underOneLock(db, lookUp);
      else lookUp();
    });
    const lane = this.#own?.lanes[search.lookup];
    if (isDone) return lane?.writer && hashes;
    // What was found before it failed is not believed either.
    const { scores, assigned, flags } = search.predictions;
    for (const array of [scores, assigned, flags, search.isHit]) array.fill(0);
    return lane?.writer && lane.reader.hasher.hashAll(search.texts);
  }

  #findInOther(other: OpenCache, search: Search, hashes: Buffer | undefined): void {
    const reader = other.lanes[search.lookup]?.reader;
    if (reader === undefined) return;
    const missing = [...search.isHit.keys()].filter((text) => search.isHit[text] === 0);
    const words = wordsOf(reader.hasher.hashAll(missing.map((text) => search.texts[text] as string)));
    const found: number[] = [];
    try {
      underOneLock(other.db, () => {
        for (const [index, text] of missing.entries()) {
          const place = reader.find(words, index);
          if (place === undefined) continue;
          reader.copyTo(search.predictions, text, place);
          search.isHit[text] = hitKinds.found;
          found.push(text);
        }
      });
    } catch (error) {
      // Each block is checked before anything is taken from it: what was found stays.
      if (!isBusy(error)) {
        this.#notify(`${other.path} failed (${(error as Error).message}): the run goes on without it`);
        close(other.db);
        this.#others = this.#others.filter((each) => each !== other);
      }
    }
    if (hashes === undefined) return;
    // So that the own cache holds all that this run needed.
    this.#withOwn(({ lanes }) => {
      const writer = lanes[search.lookup]?.writer;
      for (const text of found) writer?.stage(hashAt(hashes, text), search.predictions, text);
    });
  }

  #await(lookup: number, hashes: Buffer | undefined, isHit: Uint8Array): number | undefined {
    if (hashes === undefined) return undefined;
    const missing = [...isHit.keys()].filter((text) => isHit[text] === 0);
    const awaited = Buffer.alloc(missing.length * hashBytes);
    for (const [index, text] of missing.entries()) {
      hashes.copy(awaited, index * hashBytes, text * hashBytes, (text + 1) * hashBytes);
    }
    this.#awaited.set(++this.#tickets, { lookup, hashes: awaited });
    return this.#tickets;
  }

  #computeMs(lookup: number): number {
    const caches = [...(this.#own === undefined ? [] : [this.#own]), ...this.#others];
    const known = caches.map(({ lanes }) => lanes[lookup]?.reader.computeMs ?? 0);
    return known.find((ms) => ms > 0) ?? 0;
  }
}

function findAll({ reader, writer }: Lane, { texts, predictions, isHit }: Search, hashes: Buffer): void {
  const words = wordsOf(hashes);
  for (let text = 0; text < texts.length; text++) {
    const found = reader.find(words, text);
    if (found !== undefined) {
      reader.copyTo(predictions, text, found);
      const isFirst = writer === undefined || writer.touched.add(found.block.id, found.place);
      isHit[text] = isFirst ? hitKinds.found : hitKinds.foundAgain;
    } else if (writer !== undefined && writer.staged.count > 0) {
      const isStaged = writer.staged.copyTo(predictions, text, hashAt(hashes, text));
      if (isStaged) isHit[text] = hitKinds.foundAgain;
    }
  }
}

/** For a file that another process may write to meanwhile. */
function underOneLock(db: Database, lookUp: () => void): void {
  db.exec('BEGIN');
  try {
    lookUp();
  } finally {
    db.exec('ROLLBACK');
  }
}

function wordsOf(hashes: Buffer): Uint32Array {
  return new Uint32Array(hashes.buffer, hashes.byteOffset, hashes.length >> 2);
}

function hashAt(hashes: Buffer, text: number): string {
  return hashes.toString('latin1', text * hashBytes, (text + 1) * hashBytes);
}

function fullNotice(path: string, refused: number): string {
  return `${path} is full with what this run used: ${refused} predictions were not kept; --cache-size allows more`;
}
