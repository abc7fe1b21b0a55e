import { count } from './numbers.ts';

/** What the cache of a run was good for. */
export interface CacheUse {
  /** Texts that were found in it. */
  hits: number;
  /** Texts that were looked for and computed. */
  misses: number;
  secondsSaved: number;
}

/** The use of a cache in words; nothing where there is none. */
export function cacheWords(use: CacheUse | undefined): string[] {
  if (use === undefined) return [];
  return [`${count(use.hits)} hits, ${count(use.misses)} misses, ${count(use.secondsSaved)} s saved`];
}

/** The same for events. */
export function cacheFields(use: CacheUse | undefined): object {
  if (use === undefined) return {};
  return { cache: { hits: use.hits, misses: use.misses, seconds_saved: use.secondsSaved } };
}
