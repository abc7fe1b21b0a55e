import { printable, printableJson } from '../text/printable.ts';
import type { Terminal } from './terminal.ts';

/** Tells people something on stderr, a line each. */
export function say(terminal: Terminal, ...lines: string[]): void {
  for (const line of lines) terminal.stderr.write(`${printable(line)}\n`);
}

/** Tells a program that follows the run, as `--log-format json` asks: one JSON object on a line of stderr. */
export function emit(terminal: Terminal, event: string, fields: object): void {
  terminal.stderr.write(`${printableJson({ time: new Date().toISOString(), event, ...fields })}\n`);
}
