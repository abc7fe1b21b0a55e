/**
 * `npm run docs [-- page ...]`: brings the outputs that the pages show up to date, on all pages or on those whose path
 * holds one of these words. Look at the difference before committing.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';
import { repositoryRoot } from './paths.ts';
import { refreshed } from './run-page.ts';

const words = process.argv.slice(2);
for (const page of pages()) {
  if (words.length > 0 && !words.some((word) => page.path.includes(word))) continue;
  try {
    const text = await refreshed(page);
    if (text === page.text) continue;
    writeFileSync(join(repositoryRoot, page.path), text);
    console.log(page.path);
  } catch (error) {
    // The other pages need not wait for this one.
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
