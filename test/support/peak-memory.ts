/** Runs the command line in this process and reports its peak memory: `node peak-memory.js <arguments of voxpop>`. */
import { main } from '../../src/cli.ts';

const code = await main({
  argv: process.argv.slice(2),
  logFormat: 'text',
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: new AbortController().signal,
});
process.stderr.write(JSON.stringify({ code, peakRssMb: process.resourceUsage().maxRSS / 1024 }));
