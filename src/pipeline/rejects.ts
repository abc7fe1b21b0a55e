import { InputError, RejectsError, UsageError } from '../errors.ts';
import type { Rejected } from '../records/rejected.ts';
import { howToReject, type RejectReason } from '../records/row-fault.ts';
import type { Row } from '../records/row.ts';
import { partPath } from '../records/output-paths.ts';
import type { Sink } from '../records/sink.ts';

/** How many rows may be rejected before a run fails. */
export type RejectLimit = { rows: number } | { percent: number; exceptAll?: true };

/**
 * The limit where only a file for rejects is named: whoever names one wants bad rows set aside, and the others
 * labelled. A file of which nothing is left is still a failure: it is another file than was meant.
 */
export const anyButAll: RejectLimit = { percent: 100, exceptAll: true };

/**
 * Reads a limit such as `100` or `1%`.
 * @throws UsageError unless it is a count or a percentage
 */
export function parseRejectLimit(text: string): RejectLimit {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const value = Number(match?.[1]);
  if (match?.[2] === '%' && value <= 100) return { percent: value };
  if (match?.[2] === '' && Number.isInteger(value)) return { rows: value };
  throw new UsageError(
    'OPTION_INVALID',
    `Expected --max-rejects to be a count like 100 or a share like 1%, got ${text}`,
  );
}

export function allowsRejects(limit: RejectLimit): boolean {
  return ('rows' in limit ? limit.rows : limit.percent) > 0;
}

/** Writes rejected rows as JSON lines, and ends the run when they are too many. */
export class Rejects {
  readonly #limit: RejectLimit;
  readonly #sink: Sink | undefined;
  readonly #where: string;

  /** @param path of the sink, to name it in errors */
  constructor(limit: RejectLimit, sink: Sink | undefined, path = '') {
    this.#limit = limit;
    this.#sink = sink;
    this.#where = `Look at ${partPath(path)}`;
  }

  /**
   * Writes the rejected ones among some rows.
   * @param rejectedBefore rows that were rejected before these
   * @throws InputError for the first rejected row when none is allowed; RejectsError when a count is exceeded
   */
  async write(rows: readonly Row[], rejected: Rejected, rejectedBefore: number): Promise<void> {
    if (rejected.size === 0) return;
    let count = rejectedBefore;
    let lines = '';
    for (const [index, row] of rows.entries()) {
      const reason = rejected.get(index);
      if (reason === undefined) continue;
      count++;
      if ('rows' in this.#limit && count > this.#limit.rows) {
        await this.#sink?.write(lines);
        throw this.#limit.rows === 0 ? notAllowed(row, reason) : this.#tooMany(this.#limit.rows, row);
      }
      lines += `${rejectLine(row, reason)}\n`;
    }
    await this.#sink?.write(lines);
  }

  #tooMany(limit: number, { file, line }: Row): RejectsError {
    const message = `Expected at most ${limit} rejected rows, found one more at ${file}:${line}`;
    return new RejectsError('TOO_MANY_REJECTS', message, {
      hint: `${this.#where}; then correct the input, or raise --max-rejects.`,
    });
  }

  /**
   * Holds the rejected rows of a finished run to a limit that is a share.
   * @throws RejectsError when a share is exceeded
   */
  checkShare(rejected: number, rows: number): void {
    if ('exceptAll' in this.#limit && rows > 0 && rejected === rows) {
      throw new RejectsError('ALL_REJECTED', `Expected rows to label, found all ${rows} rejected`, {
        hint: `${this.#where}: is it the right file, read with the right delimiter? \`--max-rejects 100%\` lets all of them go.`,
      });
    }
    if (!('percent' in this.#limit) || rejected * 100 <= this.#limit.percent * rows) return;
    throw new RejectsError(
      'TOO_MANY_REJECTS',
      `Expected at most ${this.#limit.percent}% rejected rows, found ${rejected} of ${rows} (${((rejected / rows) * 100).toFixed(2)}%)`,
      { hint: `${this.#where}; then correct the input, or raise --max-rejects.` },
    );
  }
}

function notAllowed({ file, line }: Row, { code, message }: RejectReason): InputError {
  // The reader's messages name the place already.
  const plain = message.replace(`${file}:${line}: `, '');
  return new InputError(code, plain, { file, line }, { hint: howToReject });
}

function rejectLine(row: Row, { rawTruncated, ...reason }: RejectReason): string {
  const { file, line, ordinal, byteOffset } = row;
  const place = { file, line, row: ordinal + 1, byte_offset: byteOffset };
  return JSON.stringify({ ...place, ...reason, ...(rawTruncated ? { raw_truncated: true } : {}) });
}
