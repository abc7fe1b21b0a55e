import { BundleError } from '../errors.ts';
import { excerpt } from '../text/excerpt.ts';

export type Json = Record<string, unknown>;

/** Reads typed values out of parsed JSON; each failure names the key, the expectation and the finding. */
export class JsonChecker {
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  fail(key: string, expected: string, found: string): never {
    throw new BundleError(
      'BUNDLE_JSON_INVALID',
      `${this.#where}: expected ${key} to be ${expected}, found ${found}`,
    );
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

  string(json: Json, key: string, at = ''): string {
    const value = json[key];
    return typeof value === 'string' && value !== ''
      ? value
      : this.fail(at + key, 'a non-empty string', show(value));
  }

  integer(json: Json, key: string, minimum: number, at = ''): number {
    const value = json[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum
      ? value
      : this.fail(at + key, `an integer of at least ${minimum}`, show(value));
  }

  boolean(json: Json, key: string): boolean {
    const value = json[key];
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false', show(value));
  }

  unique(values: string[], key: string): void {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) this.fail(key, 'free of duplicates', `${show(twice)} twice`);
  }
}

/** A value as an error names it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return excerpt(JSON.stringify(value), 60);
}
