import { isJsonObject, type JsonObject } from './json-fields.ts';

/** A record that was read well before, as an object; empty when it is none. */
export function jsonObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
