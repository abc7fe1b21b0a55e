import { InputError } from '../errors.ts';

/**
 * Refuses text that is no table and no JSON, but that people have under such a name: a login page that was saved in
 * place of an export, a workbook that is HTML or XML inside, a pointer in place of the file, binary data.
 * @param text - the start of the file
 * @throws {InputError} naming what was found and how to go on
 */
export function refuseForeignText(file: string, text: string): void {
  const start = text.trimStart();
  const found = start.startsWith('version https://git-lfs.github.com/spec/')
    ? { name: 'a Git LFS pointer in place of the file', hint: 'Fetch the file itself: `git lfs pull`.' }
    : (markup(start) ?? binary(text));
  if (found === undefined) return;
  throw new InputError(
    'INPUT_NOT_A_TABLE',
    `expected a table or JSON, found ${found.name}`,
    { file },
    { hint: found.hint },
  );
}

interface Found {
  name: string;
  hint: string;
}

const saveAs = 'Open it in a spreadsheet program, save it as "CSV UTF-8", and score that.';

function markup(start: string): Found | undefined {
  if (!start.startsWith('<') || isHeader(start)) return undefined;
  if (/^<(?:!doctype html|html|head|body|meta|script|style|table|center|div|!--)[\s>-]/iu.test(start)) {
    if (/<table[\s>]/iu.test(start) && /<td[\s>]/iu.test(start))
      return { name: 'a table in HTML', hint: saveAs };
    const title = /<title[^>]*>\s*([^<]{1,80})/iu.exec(start)?.[1]?.trim();
    const name = title === undefined ? 'a web page' : `a web page with the title ${JSON.stringify(title)}`;
    return {
      name,
      hint: 'Servers send one in place of an export when a session has expired or something failed: export again.',
    };
  }
  if (!/^<(?:\?xml|!doctype|[a-z_][\w:.-]*[\s/>])/iu.test(start)) return undefined;
  const root = /<([a-z_][\w:.-]*)/iu.exec(start.replace(/^<\?.*?\?>/su, ''))?.[1];
  const name = root === undefined ? 'XML' : `XML (<${root}>)`;
  const isSheet = start.includes('urn:schemas-microsoft-com:office:spreadsheet');
  return { name, hint: isSheet ? saveAs : 'Convert it to CSV or JSON Lines first, one record per comment.' };
}

/** Names in angle brackets, as in `<id>,<comment>`. */
function isHeader(start: string): boolean {
  return /^<[^<>\r\n]*>[ \t]*[,;\t|]/u.test(start);
}

/** Text holds few controls besides tabs, line ends and those made to stand between cells (U+0001, U+001C to U+001F). */
function binary(text: string): Found | undefined {
  const start = text.slice(0, 4096);
  // oxlint-disable-next-line no-control-regex
  const controls = start.match(/[\u0000\u0002-\u0008\u000e-\u001a\u007f]/gu)?.length ?? 0;
  if (controls * 20 <= start.length || controls < 3) return undefined;
  return { name: 'binary data', hint: 'Export the comments as CSV or JSON Lines, and score that.' };
}
