/** Preloaded with `node --import`: writes the peak memory of its process in MB to the path VOXPOP_RSS_TO. */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const path = process.env['VOXPOP_RSS_TO'];
if (isMainThread && path !== undefined) {
  process.on('exit', () => writeFileSync(path, String(process.resourceUsage().maxRSS / 1024)));
}
