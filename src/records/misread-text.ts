import { isUtf8 } from 'node:buffer';
import { excerpt } from '../text/excerpt.ts';

/** Bytes at the start of a file that are looked at. */
const lookedAtBytes = 64 * 1024;
/** Characters beyond ASCII, or pairs that stand for one, that are no accident. */
const fewestSigns = 3;
/** What the usual characters of UTF-8 become in windows-1252: nobody writes an `Ã` before a `¤`, or an `â€` before a `™`. */
const doubled = /[ÃÐ][\u0080-\u00bf]|â€[\u0080-\u00bf™œ˜¦“]/gu;
const shownCharacters = 30;

/** Keeps the first bytes that pass by. */
export class ByteStart {
  readonly #parts: Buffer[] = [];
  #left = lookedAtBytes;

  async *watch(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (this.#left > 0) this.#parts.push(chunk.subarray(0, this.#left));
      this.#left -= Math.min(this.#left, chunk.length);
      yield chunk;
    }
  }

  /** Whether they are UTF-8, which text in another encoding hardly ever is once it leaves ASCII. */
  isUtf8(): boolean {
    const bytes = Buffer.concat(this.#parts);
    // The last character may be cut.
    const end = [0, 1, 2, 3].find((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)));
    if (end === undefined) return false;
    const text = bytes.toString('utf8', 0, bytes.length - end);
    return (text.match(/\P{ASCII}/gu)?.length ?? 0) >= fewestSigns;
  }
}

/**
 * What there is to say about text that was likely read in a wrong encoding, now or before it was written.
 * @param start - of the file's bytes, where somebody told the encoding
 * @param text - the start of the file, decoded
 */
export function misreadNotice(
  file: string,
  { encoding, start }: { encoding: string; start: ByteStart | undefined },
  text: string,
): string | undefined {
  const name = file === '-' ? 'The input' : file;
  if (start?.isUtf8() === true) {
    const word = /[^\s,;|"]*\P{ASCII}[^\s,;|"]*/u.exec(text)?.[0] ?? '';
    return `${name} is read as ${encoding}, as told, but its bytes are UTF-8: leave out --encoding if words look like \`${excerpt(word, shownCharacters)}\``;
  }
  const signs = [...text.matchAll(doubled)];
  const [first] = signs;
  if (first === undefined || signs.length < fewestSigns) return undefined;
  const before = /[^\s,;|"]*$/u.exec(text.slice(0, first.index))?.[0] ?? '';
  const word = before + (/^[^\s,;|"]*/u.exec(text.slice(first.index))?.[0] ?? '');
  return `${name} holds words like \`${excerpt(word, shownCharacters)}\`, as when UTF-8 was taken for another encoding before it was written: labels of such texts mean little, so export it again if you can`;
}
