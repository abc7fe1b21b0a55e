import type { Readable } from 'node:stream';
import { posix } from 'node:path';
import type { Entry, ZipFile } from 'yauzl';
import { xmlReader } from '../text/xml.ts';
import { builtInFormats } from './sheet-dates.ts';
import { sharedStrings, type SheetContext, sheetRows } from './sheet-rows.ts';
import type { TypedRecord } from './typed-table.ts';

/** Characters of all texts of a workbook, which are held in memory. */
const mostCharacters = 512 * 1024 * 1024;
const usualPath = 'xl/workbook.xml';

export interface Sheet {
  name: string;
  isHidden: boolean;
  /** Its file inside of the workbook. */
  path: string;
}

/** How rows are watched while they are read. */
export type SheetWatch = Pick<SheetContext, 'maxRowCharacters' | 'onUnknown' | 'onHidden'>;

/** A workbook (.xlsx), opened: its sheets are read one row after another. */
export interface Workbook {
  sheets: Sheet[];
  rows(sheet: Sheet, watch: SheetWatch): AsyncGenerator<TypedRecord[]>;
  /** How much of a sheet was read, from 0 to 1. */
  share(sheet: Sheet): number;
  close(): void;
}

/** @returns undefined for a ZIP archive that holds no workbook */
export async function openWorkbook(file: string): Promise<Workbook | undefined> {
  // Hardly any run needs it.
  const { default: yauzl } = await import('yauzl');
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
  try {
    const entries = await readEntries(zip);
    const workbook = await readWorkbook(file, zip, entries);
    if (workbook === undefined) zip.close();
    return workbook;
  } catch (error) {
    zip.close();
    throw error;
  }
}

function readEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });
}

/** @returns undefined where there are no sheets, as in other documents of Office */
async function readWorkbook(
  file: string,
  zip: ZipFile,
  entries: Map<string, Entry>,
): Promise<Workbook | undefined> {
  const open = async (path: string): Promise<Readable> => {
    const entry = entries.get(path);
    if (entry === undefined) throw new Error(`no ${path}`);
    return new Promise((resolve, reject) => {
      zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
    });
  };
  const workbookPath = entries.has(usualPath) ? usualPath : await mainPart(entries, open);
  const folder = posix.dirname(workbookPath ?? '');
  const partsPath = posix.join(folder, '_rels', `${posix.basename(workbookPath ?? '')}.rels`);
  if (workbookPath === undefined || (workbookPath !== usualPath && !entries.has(partsPath))) return undefined;
  const targets = new Map<string, string>();
  let stringsPath: string | undefined;
  let stylesPath: string | undefined;
  await readPart(await open(partsPath), (name, { Id = '', Target = '', Type = '' }) => {
    if (name !== 'Relationship') return;
    const path = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
    if (Type.endsWith('/sharedStrings')) stringsPath = path;
    else if (Type.endsWith('/styles')) stylesPath = path;
    else if (Type.endsWith('/worksheet')) targets.set(Id, path);
  });
  if (workbookPath !== usualPath && targets.size === 0) return undefined;
  const sheets: Sheet[] = [];
  let isFrom1904 = false;
  await readPart(await open(workbookPath), (name, attributes) => {
    if (name === 'workbookPr') isFrom1904 = /^(?:1|true)$/u.test(attributes.date1904 ?? '');
    if (name !== 'sheet') return;
    const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
    const path = targets.get(id);
    if (path === undefined) return;
    const isHidden = attributes.state !== undefined && attributes.state !== 'visible';
    sheets.push({ name: attributes.name ?? '', isHidden, path });
  });
  const formats = stylesPath === undefined ? [] : await readFormats(await open(stylesPath));
  const readBytes = new Map<string, number>();
  let strings: Promise<string[]> | undefined;
  const context = async (watch: SheetWatch): Promise<SheetContext> => {
    strings ??=
      stringsPath === undefined
        ? Promise.resolve([])
        : sharedStrings(await open(stringsPath), mostCharacters);
    return { file, strings: await strings, formats, isFrom1904, ...watch };
  };
  return {
    sheets,
    async *rows({ path }, watch) {
      const shared = await context(watch);
      const xml = await open(path);
      readBytes.set(path, 0);
      try {
        yield* sheetRows(
          counted(xml, (bytes) => readBytes.set(path, (readBytes.get(path) ?? 0) + bytes)),
          shared,
        );
      } finally {
        xml.destroy();
      }
    },
    share: ({ path }) => (readBytes.get(path) ?? 0) / Math.max(1, entries.get(path)?.uncompressedSize ?? 1),
    close: () => zip.close(),
  };
}

/** The part that an archive names as its document, whatever its writer calls it. */
async function mainPart(
  entries: ReadonlyMap<string, Entry>,
  open: (path: string) => Promise<Readable>,
): Promise<string | undefined> {
  const path = '_rels/.rels';
  if (!entries.has(path)) return undefined;
  let found: string | undefined;
  await readPart(await open(path), (name, { Target = '', Type = '' }) => {
    if (name === 'Relationship' && Type.endsWith('/officeDocument')) found = posix.join('/', Target).slice(1);
  });
  return found !== undefined && entries.has(found) ? found : undefined;
}

async function* counted(xml: Readable, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of xml) {
    onBytes((chunk as Buffer).length);
    yield chunk as Buffer;
  }
}

/** Codes of the formats of numbers, by the styles that cells name. */
async function readFormats(xml: Readable): Promise<(string | undefined)[]> {
  const codes = new Map(builtInFormats);
  const formats: (string | undefined)[] = [];
  let isInCells = false;
  await readPart(
    xml,
    (name, { numFmtId = '0', formatCode = '' }) => {
      if (name === 'numFmt') codes.set(Number(numFmtId), formatCode);
      if (name === 'cellXfs') isInCells = true;
      if (name !== 'xf' || !isInCells) return;
      const code = codes.get(Number(numFmtId));
      formats.push(code === 'General' ? undefined : code);
    },
    (name) => {
      if (name === 'cellXfs') isInCells = false;
    },
  );
  return formats;
}

/** Reads a part of a workbook that is small. */
async function readPart(
  xml: Readable,
  open: (name: string, attributes: Record<string, string>) => void,
  close: (name: string) => void = () => {},
): Promise<void> {
  const reader = await xmlReader({ open, text: () => {}, close });
  let size = 0;
  for await (const chunk of xml.setEncoding('utf8')) {
    size += (chunk as string).length;
    if (size > mostCharacters) throw new Error('a part that is too large');
    reader.write(chunk as string);
  }
  reader.end();
}
