import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createProgressBar } from '../../src/commands/progress-bar.ts';
import { ProgressMeter } from '../../src/commands/progress-text.ts';
import type { Terminal } from '../../src/commands/terminal.ts';
import type { ReadProgress } from '../../src/scoring.ts';

const at = (rows: number, bytesRead: number): ReadProgress => ({
  counts: { rows },
  bytesRead,
  totalBytes: 1000,
  totalRows: undefined,
});

test('rows that were there before took no time', (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const meter = new ProgressMeter(400);
  nowMs = 2000;
  assert.deepEqual(meter.text(), { share: undefined, pieces: ['loading the model 0:02'] });
  nowMs = 10_000;
  meter.update(at(500, 500));
  // A hundred rows in ten seconds, and five hundred to come.
  assert.deepEqual(meter.text(), { share: 0.5, pieces: ['50%', '0:50 left', '500 rows', '10 rows/s'] });
});

/** A terminal of so many columns, and what is written to it. */
function fakeTerminal(columns: number | undefined): {
  terminal: Terminal;
  written: string[];
  interrupt: () => void;
} {
  const written: string[] = [];
  const controller = new AbortController();
  const stderr = {
    isTTY: columns !== undefined,
    getWindowSize: () => [columns, 24],
    write: (text: string) => written.push(text) > 0,
  };
  const terminal = { stderr, signal: controller.signal, lastActs: new Set() } as unknown as Terminal;
  return { terminal, written, interrupt: () => controller.abort(new Error('interrupted')) };
}

/** A line as it is shown, which the terminal is told not to break. */
function withoutWrapping(written: string): string {
  const [before, after] = ['\u001b[?7l', '\u001b[?7h'];
  assert.ok(written.startsWith(before) && written.endsWith(after), JSON.stringify(written));
  return written.slice(before.length, -after.length);
}

async function longestLine(t: TestContext, columns: number): Promise<string> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { terminal, written } = fakeTerminal(columns);
  const bar = await createProgressBar(terminal, true);
  bar.begin();
  bar.update(at(123_456, 450));
  t.mock.timers.tick(1000);
  bar.stop();
  t.mock.timers.reset();
  const lines = written.filter((text) => text.includes('%')).map(withoutWrapping);
  return lines.toSorted((one, other) => other.length - one.length)[0] ?? '';
}

test('the bar fits its terminal, and has the time that is left on it, however narrow', async (t) => {
  for (const columns of [40, 60, 80, 200]) {
    const line = await longestLine(t, columns);
    assert.ok(line.length <= columns - 3, `${line.length} of ${columns}: ${line}`);
    assert.match(line, /^=+-+ 45% \| \d+:\d+(:\d+)? left/);
  }
  assert.match(await longestLine(t, 80), /rows\/s$/);
});

test('an interruption is answered at once, and the cursor comes back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { terminal, written, interrupt } = fakeTerminal(80);
  const bar = await createProgressBar(terminal, true);
  bar.begin();
  assert.equal(terminal.lastActs.size, 1);
  interrupt();
  assert.match(written.at(-1) ?? '', /^Stopping after the rows in work; /);
  assert.ok(written.join('').lastIndexOf('\u001b[?25h') > written.join('').lastIndexOf('\u001b[?25l'));
  assert.equal(terminal.lastActs.size, 0);
});

test('a log gets a line a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { terminal, written } = fakeTerminal(undefined);
  const bar = await createProgressBar(terminal, true);
  bar.begin();
  bar.update(at(100, 100));
  t.mock.timers.tick(59_000);
  assert.deepEqual(written, []);
  t.mock.timers.tick(2000);
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^10% \| .* left \| 100 rows \| [\d,]+ rows\/s\n$/);
  bar.stop();
  t.mock.timers.tick(120_000);
  assert.equal(written.length, 1);
});

test('the cursor is shown while Ctrl-Z stops the process, and hidden when it goes on', async (t) => {
  const kill = t.mock.method(process, 'kill', () => true);
  const listeners = process.listenerCount('SIGTSTP');
  const { terminal, written } = fakeTerminal(80);
  const bar = await createProgressBar(terminal, true);
  bar.begin();
  for (let times = 0; times < 2; times++) {
    process.emit('SIGTSTP');
    assert.ok(written.at(-1)?.endsWith('\u001b[?25h'));
    assert.deepEqual(kill.mock.calls.at(-1)?.arguments, [process.pid, 'SIGTSTP']);
    // The system, and not a listener, is to stop the process.
    assert.equal(process.listenerCount('SIGTSTP'), listeners);
    process.emit('SIGCONT');
    assert.equal(written.at(-1), '\u001b[?25l');
  }
  assert.equal(kill.mock.callCount(), 2);
  bar.stop();
  assert.equal(process.listenerCount('SIGTSTP'), listeners);
});
