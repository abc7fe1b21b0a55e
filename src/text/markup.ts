import type { Parser } from 'htmlparser2';

/** Elements that begin a line of their own. */
const blocks = new Set(
  (
    'address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section table tbody td tfoot th thead tr ul'
  ).split(' '),
);
/** Elements whose content nobody sees. */
const hidden = new Set(['head', 'noscript', 'script', 'style', 'template', 'title']);
/** Those of them that people write about: where one is never closed it is a word, as in `the <title> is missing`. */
const writtenAbout = ['noscript', 'script', 'template', 'title'];
const inline = new Set(
  (
    'a abbr acronym b bdi bdo big button cite code col colgroup data del dfn em font i img input ins kbd label link ' +
    'map mark meta o:p q s samp select small span strike strong sub summary details sup textarea time tt u var wbr'
  ).split(' '),
);

/** A tag whose attributes have values, so that `a<b and b>c` is none; whether it is HTML depends on the name. */
const tag = /<\/?([a-z][a-z\d:]*)(?:\s+[a-z_][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=]+))*\s*\/?>/giu;
const comment = /<!--.*?-->/su;
const reference = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/iu;

/** Exports that escape twice, or three times, were seen; more is nobody's export. */
const maxLayers = 3;

/** Whether a cell holds a well-formed HTML tag, comment or character reference. */
export function holdsMarkup(cell: string): boolean {
  if (cell.includes('&') && reference.test(cell)) return true;
  if (!cell.includes('<')) return false;
  for (const [, name = ''] of cell.matchAll(tag)) if (isElement(name.toLowerCase())) return true;
  return comment.test(cell);
}

function isElement(name: string): boolean {
  return blocks.has(name) || inline.has(name) || hidden.has(name);
}

/** A text, and for each of its UTF-16 units where in a cell it comes from. */
export interface PlacedText {
  cell: string;
  text: string;
  starts: number[];
  ends: number[];
}

/**
 * The text that a page would show for a cell with HTML in it: tags gone, each block on a line of its own, and
 * character references such as `&amp;` resolved, also where they were escaped more than once. A cell without
 * markup comes back as it is, as does `5 < 6 & 7`, and tags that are no HTML stay.
 */
export async function withoutMarkup(cell: string): Promise<string> {
  if (!holdsMarkup(cell)) return cell;
  const { Parser: HtmlParser } = await library();
  let text = cell;
  for (let layer = 0; layer < maxLayers && holdsMarkup(text); layer++) {
    let inner = '';
    const hasTags = readMarkup(text, HtmlParser, (part) => (inner += part));
    if (!hasTags && inner === text) break;
    text = tidied(inner);
  }
  return text;
}

/** As {@link withoutMarkup}, and where each character comes from. */
export async function placedWithoutMarkup(cell: string): Promise<PlacedText> {
  const units = Array.from({ length: cell.length }, (_, at) => at);
  let placed: PlacedText = { cell, text: cell, starts: units, ends: units.map((at) => at + 1) };
  if (!holdsMarkup(cell)) return placed;
  const { Parser: HtmlParser } = await library();
  for (let layer = 0; layer < maxLayers && holdsMarkup(placed.text); layer++) {
    const outer = placed;
    const inner: PlacedText = { cell, text: '', starts: [], ends: [] };
    const hasTags = readMarkup(outer.text, HtmlParser, (part, start, end) => {
      inner.text += part;
      // A character reference is all of what it stands for.
      const isSame = part === outer.text.slice(start, end);
      for (let at = 0; at < part.length; at++) {
        inner.starts.push(outer.starts[isSame ? start + at : start] ?? cell.length);
        inner.ends.push(outer.ends[isSame ? start + at : end - 1] ?? cell.length);
      }
    });
    if (!hasTags && inner.text === outer.text) break;
    placed = placedTidied(inner);
  }
  return placed;
}

/** Hardly any file needs the parser, and loading it would slow down the start of every run. */
function library(): Promise<{ Parser: typeof Parser }> {
  return import('htmlparser2');
}

/**
 * Tells each part of the text that a page would show, and where in the markup it comes from.
 * @returns whether there were tags
 */
function readMarkup(
  markup: string,
  HtmlParser: typeof Parser,
  add: (part: string, start: number, end: number) => void,
): boolean {
  /** Hidden elements that are open. */
  let depth = 0;
  let hasTags = false;
  const words = wordsLikeTags(markup);
  const guard = guards.find((each) => !markup.includes(each)) ?? '<';
  const addTag = (name: string, change: 1 | -1): void => {
    const [start, end] = [parser.startIndex, parser.endIndex + 1];
    if (!isElement(name) || words.has(name)) {
      if (depth === 0) add(markup.slice(start, end), start, end);
      return;
    }
    hasTags = true;
    if (hidden.has(name)) depth = Math.max(0, depth + change);
    if (blocks.has(name)) add('\n', start, end);
  };
  const parser = new HtmlParser({
    ontext(part) {
      if (depth === 0) add(part.replaceAll(guard, '<'), parser.startIndex, parser.endIndex + 1);
    },
    onopentag(name) {
      addTag(name, 1);
    },
    onclosetag(name, isImplied) {
      if (!isImplied || (isElement(name) && !words.has(name))) addTag(name, -1);
    },
    oncomment() {
      hasTags = true;
    },
  });
  parser.end(guarded(markup, guard));
  return hasTags;
}

/** Characters that no language uses, of which hardly any cell holds all. */
const guards = ['\ue000', '\uf8ff', '\ufdd0'];

/** Puts something else in place of each `<` that begins no tag, behind which a parser would pass over what is said. */
function guarded(markup: string, guard: string): string {
  const lastEnd = markup.lastIndexOf('-->');
  return markup.replaceAll(/<([^<>]*)(>?)/gu, (whole, inside: string, end: string, at: number) =>
    beginsTag(inside, { isClosed: end !== '', isBeforeEnd: at < lastEnd }) ? whole : guard + whole.slice(1),
  );
}

/**
 * Whether what stands behind a `<` is a tag or a comment, also one that was cut where an export ends its cells, and not
 * `<an hour, nobody came`.
 * @param isBeforeEnd - whether there is the end of a comment further on
 */
function beginsTag(
  inside: string,
  { isClosed, isBeforeEnd }: { isClosed: boolean; isBeforeEnd: boolean },
): boolean {
  if (inside.startsWith('!--')) return isBeforeEnd;
  if (!/^(?:[/?!]?[a-z]|!\[)/iu.test(inside)) return false;
  const hasValues = inside.includes('=');
  if (!isClosed) return hasValues || !/\s/u.test(inside);
  // Names of one letter are words, too.
  return hasValues || !/^[abipqsu]\s+[^\s/]/iu.test(inside);
}

/** What is put for what, so that space is as a page shows it, but for the line ends of blocks. */
const spaces: readonly [found: RegExp, by: string][] = [
  [/[\p{Zs}\t\r]+/gu, ' '],
  [/ ?\n[ \n]*/gu, '\n'],
  [/^\s+|\s+$/gu, ''],
];

/** Names of elements that would hide all behind them, since they are never closed. */
function wordsLikeTags(markup: string): ReadonlySet<string> {
  const lower = markup.toLowerCase();
  return new Set(writtenAbout.filter((name) => lower.includes(`<${name}`) && !lower.includes(`</${name}`)));
}

function tidied(text: string): string {
  return spaces.reduce((tidy, [found, by]) => tidy.replaceAll(found, by), text);
}

/** As {@link tidied}. */
function placedTidied(placed: PlacedText): PlacedText {
  return spaces.reduce((tidy, [found, by]) => {
    const next: PlacedText = { cell: tidy.cell, text: '', starts: [], ends: [] };
    let at = 0;
    const keep = (end: number): void => {
      next.text += tidy.text.slice(at, end);
      for (; at < end; at++) {
        next.starts.push(tidy.starts[at] as number);
        next.ends.push(tidy.ends[at] as number);
      }
    };
    for (const { 0: space, index } of tidy.text.matchAll(found)) {
      keep(index);
      if (by !== '') {
        next.text += by;
        next.starts.push(tidy.starts[index] as number);
        next.ends.push(tidy.ends[index + space.length - 1] as number);
      }
      at = index + space.length;
    }
    keep(tidy.text.length);
    return next;
  }, placed);
}
