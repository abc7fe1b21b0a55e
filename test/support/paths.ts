import { fileURLToPath } from 'node:url';

/** Root of the repository, seen from the compiled `dist/test/support`. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** `fixtures/` of the repository. */
export const fixturesDirectory = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
