import { BundleError } from '../errors.ts';
import { excerpt } from '../text/excerpt.ts';

export type Json = Record<string, unknown>;

/** Reads typed values out of parsed JSON; each failure names the key, the expectation and the finding. */
export class JsonChecker {
  readonly #where: string;
  readonly #code: string;

  /**
   * @param where path to name in errors
   * @param code of the errors
   */
  constructor(where: string, code: string) {
    this.#where = where;
    this.#code = code;
  }

  fail(key: string, expected: string, found: string): never {
    throw new BundleError(this.#code, `${this.#where}: expected ${key} to be ${expected}, found ${found}`);
  }

  object(value: unknown, key: string): Json {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail(key, 'an object', show(value));
    }
    return value as Json;
  }

  array(json: Json, key: string, at = ''): unknown[] {
    const value = json[key];
    return Array.isArray(value) ? value : this.fail(at + key, 'an array', show(value));
  }

  strings(json: Json, key: string, at = ''): string[] {
    return this.array(json, key, at).map((value) =>
      typeof value === 'string' && value !== ''
        ? value
        : this.fail(at + key, 'non-empty strings', show(value)),
    );
  }

  numbers(json: Json, key: string, at = ''): number[] {
    return this.array(json, key, at).map((value) =>
      typeof value === 'number' ? value : this.fail(at + key, 'numbers', show(value)),
    );
  }

  string(json: Json, key: string, at = ''): string {
    const value = json[key];
    return typeof value === 'string' && value !== ''
      ? value
      : this.fail(at + key, 'a non-empty string', show(value));
  }

  integer(json: Json, key: string, minimum: number, at = '', maximum = Infinity): number {
    const value = json[key];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum)
      return this.fail(at + key, `an integer of at least ${minimum}`, show(value));
    return value <= maximum ? value : this.fail(at + key, `at most ${maximum}`, show(value));
  }

  boolean(json: Json, key: string): boolean {
    const value = json[key];
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false', show(value));
  }

  atMost(count: number, limit: number, key: string, things: string): void {
    if (count > limit) this.fail(key, `at most ${limit} ${things}`, `${count}`);
  }

  unique(values: readonly string[], key: string): void {
    const seen = new Set<string>();
    for (const value of values) {
      if (seen.has(value)) this.fail(key, 'free of duplicates', `${show(value)} twice`);
      seen.add(value);
    }
  }
}

/** A value as an error names it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return excerpt(JSON.stringify(value), 60);
}
