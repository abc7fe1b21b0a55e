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

/**
 * The text that a page would show for a cell with HTML in it: tags gone, each block on a line of its own, and
 * character references such as `&amp;` resolved, also where they were escaped more than once. A cell without
 * markup comes back as it is, as does `5 < 6 & 7`, and tags that are no HTML stay.
 */
export async function withoutMarkup(cell: string): Promise<string> {
  if (!holdsMarkup(cell)) return cell;
  // Hardly any file needs the parser, and loading it would slow down the start of every run.
  const library = await import('htmlparser2');
  let text = cell;
  for (let layer = 0; layer < maxLayers && holdsMarkup(text); layer++) {
    const inner = shownText(text, library.Parser);
    if (inner === text) break;
    text = inner;
  }
  return text;
}

function shownText(markup: string, HtmlParser: typeof Parser): string {
  let text = '';
  /** Hidden elements that are open. */
  let depth = 0;
  let hasTags = false;
  const addTag = (name: string, change: 1 | -1): void => {
    if (!isElement(name)) {
      if (depth === 0) text += markup.slice(parser.startIndex, parser.endIndex + 1);
      return;
    }
    hasTags = true;
    if (hidden.has(name)) depth = Math.max(0, depth + change);
    if (blocks.has(name)) text += '\n';
  };
  const parser = new HtmlParser({
    ontext(part) {
      if (depth === 0) text += part;
    },
    onopentag(name) {
      addTag(name, 1);
    },
    onclosetag(name, isImplied) {
      if (!isImplied || isElement(name)) addTag(name, -1);
    },
    oncomment() {
      hasTags = true;
    },
  });
  parser.end(markup);
  return hasTags || text !== markup ? tidied(text) : markup;
}

/** Space as a page shows it, but for the line ends of blocks. */
function tidied(text: string): string {
  return text
    .replaceAll(/[\p{Zs}\t\r]+/gu, ' ')
    .replaceAll(/ ?\n[ \n]*/gu, '\n')
    .trim();
}
