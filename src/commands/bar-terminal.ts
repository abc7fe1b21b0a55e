import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';

/**
 * Draws the one line of a progress bar, in place of cli-progress's own terminal: that one goes back to the place of
 * the screen where the bar began, which scrolls away, and knows the width of the start only.
 */
export class BarTerminal {
  readonly #stream: WriteStream;
  #drawn = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  isTTY(): boolean {
    return true;
  }

  /** Asked of the system each time: a process without a terminal of its own is not told of changes. */
  getWidth(): number {
    try {
      return this.#stream.getWindowSize()[0] || 80;
    } catch {
      return 80;
    }
  }

  cursor(isShown: boolean): void {
    this.#stream.write(isShown ? '\u001b[?25h' : '\u001b[?25l');
  }

  cursorTo(column: number): void {
    cursorTo(this.#stream, column);
  }

  write(text: string): void {
    // A terminal that became narrower has broken the line that was drawn into several.
    const rows = Math.ceil(this.#drawn / this.getWidth());
    if (rows > 1) {
      moveCursor(this.#stream, 0, 1 - rows);
      clearScreenDown(this.#stream);
    }
    // The terminal may be narrower already than the system says: what does not fit must not begin a line of its own.
    this.#stream.write(`\u001b[?7l${text}\u001b[?7h`);
    this.#drawn = text.length;
  }

  clearRight(): void {
    clearLine(this.#stream, 1);
  }

  clearLine(): void {
    this.write('');
    clearLine(this.#stream, 0);
  }

  cursorSave(): void {}
  cursorRestore(): void {}
  lineWrapping(): void {}
  newline(): void {}
}
