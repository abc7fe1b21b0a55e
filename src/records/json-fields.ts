export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value at a dotted path, looked for among own properties only. A key that itself holds the dots
 * goes before nested objects, and a longer key before a shorter one. Elements of lists are named by their place,
 * from 0, as in `comments.0.text`.
 * @returns undefined when there is no such value; JSON has no undefined of its own.
 */
export function valueAt(record: JsonObject | unknown[], path: string): unknown {
  if (hasKey(record, path)) return (record as JsonObject)[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const key = path.slice(0, dot);
    const inner = hasKey(record, key) ? (record as JsonObject)[key] : undefined;
    if (!isJsonObject(inner) && !Array.isArray(inner)) continue;
    const value = valueAt(inner, path.slice(dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Of a list only its elements are values. */
function hasKey(record: JsonObject | unknown[], key: string): boolean {
  return Object.hasOwn(record, key) && (!Array.isArray(record) || /^\d+$/u.test(key));
}

/**
 * The dotted paths of the values of a record that are no objects, in their order, down to some depth. Of a list the
 * first element stands for all.
 */
export function leafPaths(record: JsonObject | unknown[], depth = 8): string[] {
  const entries = Array.isArray(record) ? [['0', record[0]] as const] : Object.entries(record);
  return entries.flatMap(([key, value]) => {
    const isList = Array.isArray(value) && value.length > 0;
    if (!isJsonObject(value) && !isList) return value === undefined ? [] : [key];
    return depth === 1 ? [] : leafPaths(value, depth - 1).map((path) => `${key}.${path}`);
  });
}

export interface JsonField {
  key: string;
  /** The value as it stands in the line: numbers keep every digit. */
  raw: string;
}

/**
 * The fields of an object in their own order, doubled keys included, neither of which `JSON.parse` keeps.
 * @param json - one JSON object, known to be valid
 */
export function topLevelFields(json: string): JsonField[] {
  const fields: JsonField[] = [];
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (json[at] === '"') {
    const keyEnd = stringEnd(json, at);
    const key = JSON.parse(json.slice(at, keyEnd)) as string;
    const start = skipSpace(json, json.indexOf(':', keyEnd) + 1);
    const end = valueEnd(json, start);
    fields.push({ key, raw: json.slice(start, end) });
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return fields;
}

/**
 * What stands at a dotted path of an object, as it stands there; {@link valueAt} says which value that is.
 * @param json - one JSON object, known to be valid
 */
export function rawAt(json: string, path: string): string | undefined {
  const fields = topLevelFields(json);
  const rawOf = (wanted: string): string | undefined => fields.findLast(({ key }) => key === wanted)?.raw;
  const raw = rawOf(path);
  if (raw !== undefined) return raw;
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const [inner, rest] = [rawOf(path.slice(0, dot)), path.slice(dot + 1)];
    if (inner === undefined || !/^[{[]/u.test(inner)) continue;
    const found = inner.startsWith('{')
      ? rawAt(inner, rest)
      : JSON.stringify(valueAt(JSON.parse(inner) as unknown[], rest));
    if (found !== undefined) return found;
  }
  return undefined;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (isSpace(json[at])) at++;
  return at;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function valueEnd(json: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.length) {
    const character = json[at];
    if (character === '"') {
      at = stringEnd(json, at);
      continue;
    }
    if (depth === 0 && (character === ',' || character === '}' || isSpace(character))) break;
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    at++;
  }
  return at;
}
