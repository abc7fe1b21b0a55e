/** `npm run docs`: brings the outputs that the README shows up to date; look at the difference before committing. */
import { writeFileSync } from 'node:fs';
import { readmePath, refreshedReadme } from './readme-blocks.ts';

writeFileSync(readmePath, await refreshedReadme());
