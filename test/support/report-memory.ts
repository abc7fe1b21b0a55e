/**
 * Preloaded with `node --import`: writes the memory of its process to the path VOXPOP_RSS_TO, in MB: a line for
 * every second, and the peak at the end.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const path = process.env['VOXPOP_RSS_TO'];
if (isMainThread && path !== undefined) {
  const write = (megabytes: number): void => appendFileSync(path, `${megabytes}\n`);
  setInterval(() => write(process.memoryUsage.rss() / 1048576), 1000).unref();
  process.on('exit', () => write(process.resourceUsage().maxRSS / 1024));
}
