import type { ShardPredictions } from '../protocol.ts';

/** What the thread that holds the cache is told at its start. */
export interface CacheSettings {
  /** File that is read and written; undefined: only others are read. */
  path: string | undefined;
  /** Further caches, which are only read. */
  from: string[];
  /** What is looked for, one for each bundle that the run scores with. */
  lookups: Lookup[];
  /** Largest size of the file. */
  sizeBytes: number;
}

/** Which predictions are looked for, and how large they are. */
export interface Lookup {
  /** Under what they were made, as `describeConditions` writes it: those made under others are not found. */
  conditions: string;
  /** Labels of all scored tasks. */
  labelCount: number;
}

/** Whether a text was found in a cache, and whether it came up earlier in the same run, as far as that is remembered. */
export const hitKinds = { missing: 0, found: 1, foundAgain: 2 } as const;

/** What the cache holds of some texts. */
export interface Found {
  /** As a worker would have given it; blank where a text is not found. Nothing was computed for it. */
  predictions: ShardPredictions;
  /** `hitKinds` of each text, uint8 [texts]. */
  isHit: Uint8Array;
  hits: number;
  /** Names the texts that were not found, for `keep` or `drop`; undefined when there are none, or nothing is kept. */
  ticket: number | undefined;
  /** Mean time that one of the texts took a worker when it was computed, in ms. */
  computeMs: number;
}

/** What a cache came to be. */
export interface CacheEnd {
  /** Bytes of the file that is written; undefined when there is none. */
  bytes: number | undefined;
  /** Texts in it, under all conditions. */
  texts: number | undefined;
}

/** Texts one behind the other: one string crosses between threads at a fraction of the cost of many. */
export interface JoinedTexts {
  all: string;
  /** Where each text ends. */
  ends: Uint32Array;
}

export function joinTexts(texts: readonly string[]): JoinedTexts {
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (let text = 0; text < texts.length; text++) {
    end += (texts[text] as string).length;
    ends[text] = end;
  }
  return { all: texts.join(''), ends };
}

export function splitTexts({ all, ends }: JoinedTexts): string[] {
  return Array.from(ends, (end, text) => all.slice(text === 0 ? 0 : ends[text - 1], end));
}

export type CacheRequest =
  | { kind: 'find'; texts: JoinedTexts; lookup: number }
  | { kind: 'keep'; ticket: number; predictions: ShardPredictions }
  | { kind: 'drop'; ticket: number }
  | { kind: 'close' };

/** An error on its way out of the thread: classes do not survive the boundary. */
export interface CacheFault {
  kind: 'UsageError' | 'OutputError';
  code: string;
  message: string;
  hint: string | undefined;
}

export type CacheReply =
  | { kind: 'opened'; notices: string[] }
  | { kind: 'refused'; fault: CacheFault }
  | { kind: 'found'; found: Found; notices: string[] }
  | { kind: 'closed'; end: CacheEnd; notices: string[] };
