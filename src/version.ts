import { readFileSync } from 'node:fs';

/** Version of this package, from its package.json as seen from the compiled file in `dist/src/`. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
