#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// In every thread, the space for short-lived objects would grow for minutes, without making anything faster.
setFlagsFromString('--max-semi-space-size=4');

const entry = new URL('../dist/src/cli.js', import.meta.url);
if (existsSync(entry)) {
  const { runProcess } = await import(entry.href);
  await runProcess();
} else {
  process.stderr.write('voxpop: not built yet\n  Run `npm ci && npm run build` first.\n');
  process.exitCode = 1;
}
