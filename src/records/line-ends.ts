import { InputError } from '../errors.ts';
import { shellWord } from '../text/shell-word.ts';
import type { Newline } from './delimited-record.ts';

/** How the lines of a table end. */
export interface LineEnds {
  newline: Newline;
  /** Whether one carriage return too many stands before each line feed: CRLF that went through a text mode again. */
  isDoubled: boolean;
}

/**
 * How records end, outside of quotes; `\n` when there is no line end. A carriage return by itself is data, unless
 * nothing but perhaps the very end of the file ends lines otherwise.
 * @param text - the start of the file
 * @param complete - whether that is all of it
 * @param quote - '' where no cell is quoted
 * @throws {InputError} when lone carriage returns and line feeds both end lines
 */
export function detectLineEnds(
  file: string,
  text: string,
  { complete, quote }: { complete: boolean; quote: string },
): LineEnds {
  const { firstFeed, isLoneFirst, lone, feeds, lastFeed } = countLineEnds(text, quote);
  if (firstFeed === '\r\r\n' && !isLoneFirst) return { newline: '\r\n', isDoubled: true };
  const isOnlyAtEnd = feeds === 0 || (feeds === 1 && complete && lastFeed === text.length - 1);
  if (lone > 0 && isOnlyAtEnd) return { newline: '\r', isDoubled: false };
  if (isLoneFirst && lone >= feeds) throw mixedLineEnds(file);
  return { newline: firstFeed === '\r\n' ? '\r\n' : '\n', isDoubled: false };
}

interface LineEndCounts {
  /** The first line feed, with the carriage returns before it. */
  firstFeed: string | undefined;
  /** Whether a lone carriage return comes before it. */
  isLoneFirst: boolean;
  lone: number;
  feeds: number;
  lastFeed: number;
}

function countLineEnds(text: string, quote: string): LineEndCounts {
  const counts: LineEndCounts = { firstFeed: undefined, isLoneFirst: false, lone: 0, feeds: 0, lastFeed: -1 };
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    // After a letter, digit or blank it opens nothing: `5" screen`.
    if (character === quote && (quoted || !/[\p{L}\p{N} ]/u.test(text[at - 1] ?? ''))) quoted = !quoted;
    if (quoted) continue;
    if (character === '\n') {
      const before = /\r{0,2}$/u.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? '';
      counts.firstFeed ??= `${before}\n`;
      counts.feeds++;
      counts.lastFeed = at;
    } else if (character === '\r' && text[at + 1] !== '\n' && text[at + 1] !== '\r') {
      counts.isLoneFirst ||= counts.feeds === 0;
      counts.lone++;
    }
  }
  return counts;
}

function mixedLineEnds(file: string): InputError {
  const command = file === '-' ? "... | tr '\\r' '\\n'" : `tr '\\r' '\\n' < ${shellWord(file)}`;
  return new InputError(
    'MIXED_LINE_ENDS',
    'expected one kind of line end, found lines that end in a carriage return (\\r, as in classic Mac OS) and others in a line feed (\\n)',
    { file },
    { hint: `Make them one: \`${command} | voxpop score -\`.` },
  );
}
