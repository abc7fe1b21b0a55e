import { BundleError } from '../errors.ts';

/** Objects and arrays inside each other; honest files have a handful. */
const maxDepth = 64;

/** A tokenizer's long parts, which have a fixed shape that is checked where they are used. */
const vocabularyKeys: ReadonlySet<string> = new Set(['vocab', 'merges']);

/**
 * Parses a JSON file of a bundle, and refuses one that is nested so deep that reading it would end in an overflow.
 * @param where path to name in errors
 * @param code of the error
 * @throws BundleError
 */
export function parseJson(bytes: Buffer, where: string, code: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new BundleError(code, `${where} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (isDeeperThan(value, maxDepth)) {
    throw new BundleError(code, `${where}: expected at most ${maxDepth} levels of nesting, found more`);
  }
  return value;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((part) => isDeeperThan(part, levels - 1));
  return Object.entries(value).some(
    ([key, part]) => !vocabularyKeys.has(key) && isDeeperThan(part, levels - 1),
  );
}
