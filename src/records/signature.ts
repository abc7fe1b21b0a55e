import { InputError } from '../errors.ts';
import type { Compression } from './compression.ts';
import { shellPath, shellWord } from '../text/shell-word.ts';

/** Bytes at the start of a file that tell what it is. */
export const signatureBytes = 300;

interface Signature {
  /** What was found, after "expected text, found". */
  name: string;
  matches: (start: Buffer) => boolean;
  /** What to do about it, given the commands that may be needed. */
  wayOn: (file: string, start: Buffer) => string;
}

/**
 * Refuses files that are no text, but that people have by that name all the same, and says how to go on.
 * @param outer - how the file is compressed that the bytes come out of
 * @throws {InputError} when the bytes begin as those of such a file
 */
export function refuseSignature(file: string, start: Buffer, outer?: Compression): void {
  const found = signatures.find(({ matches }) => matches(start));
  if (found === undefined) return;
  throw new InputError(
    'INPUT_NOT_TEXT',
    `expected text, found ${found.name}${outer === undefined ? '' : ` inside ${outer}`}`,
    { file },
    { hint: outer === undefined ? found.wayOn(file, start) : unpackTwice(file, outer, found, start) },
  );
}

function starts(hex: string): (start: Buffer) => boolean {
  const bytes = Buffer.from(hex, 'hex');
  return (start) => start.subarray(0, bytes.length).equals(bytes);
}

/** A command that writes the text inside a compressed file to stdout, with `voxpop` behind it. */
function unpack(program: string): Signature['wayOn'] {
  return (file) => `Decompress it on the way: \`${unpacked(program, file)} | voxpop score -\`.`;
}

function unpacked(program: string, file: string): string {
  return file === '-' ? `... | ${program}` : `${program} ${shellPath(file)}`;
}

function unpackTwice(file: string, compression: Compression, { wayOn }: Signature, start: Buffer): string {
  const outer = unpacked(`${compression} -dc`, file);
  const inner = /`(?:\.\.\. \| )?(.*?) \|/u.exec(wayOn('-', start))?.[1];
  if (inner === undefined)
    return `Decompress it first: \`${compression} -d ${shellPath(file)}\`. ${wayOn(file, start)}`;
  return `Decompress it on the way: \`${outer} | ${inner} | voxpop score -\`.`;
}

const saveAs = 'Save it as .xlsx or as CSV (in a spreadsheet program: "CSV UTF-8"), and score that.';
const exportAgain = 'Export the comments as CSV or JSON Lines, and score that.';

const signatures: Signature[] = [
  { name: 'a gzip file', matches: starts('1f8b'), wayOn: unpack('gzip -dc') },
  {
    name: 'a file compressed by zstd',
    // A frame to skip may come first.
    matches: (start) => starts('28b52ffd')(start) || /^5[0-9a-f]2a4d18$/u.test(start.toString('hex', 0, 4)),
    wayOn: (file, start) => `${unpack('zstd -dc')(file, start)} Node 22.15 and later read it as it is.`,
  },
  {
    name: 'a file compressed by bzip2',
    matches: (start) => /^BZh[1-9]/u.test(start.toString('latin1', 0, 4)),
    wayOn: unpack('bzip2 -dc'),
  },
  { name: 'a file compressed by xz', matches: starts('fd377a585a00'), wayOn: unpack('xz -dc') },
  { name: 'a file compressed by lzip', matches: starts('4c5a4950'), wayOn: unpack('lzip -dc') },
  { name: 'a file compressed by lz4', matches: starts('04224d18'), wayOn: unpack('lz4 -dc') },
  { name: 'a file compressed by compress', matches: starts('1f9d'), wayOn: unpack('gzip -dc') },
  { name: 'a 7-Zip archive', matches: starts('377abcaf271c'), wayOn: unpack('7z e -so') },
  {
    name: 'a RAR archive',
    matches: starts('526172211a07'),
    wayOn: () => 'Unpack it first, and score the files in it.',
  },
  {
    name: 'a tar archive',
    matches: (start) => start.toString('latin1', 257, 262) === 'ustar',
    wayOn: (file) =>
      file === '-'
        ? 'Unpack it on the way: `... | tar -xOf - | voxpop score -`.'
        : `Unpack it on the way: \`tar -xOf ${shellPath(file)} | voxpop score -\`.`,
  },
  {
    name: 'an Office document',
    matches: isOffice,
    wayOn: (file, start) =>
      file === '-' ? fromItsEnd('xlsx')(file, start) : `Only workbooks (.xlsx) are read. ${saveAs}`,
  },
  {
    name: 'a spreadsheet in OpenDocument format',
    matches: (start) => isZip(start) && start.includes('opendocument.spreadsheet'),
    wayOn: () => saveAs,
  },
  {
    name: 'a Numbers document',
    matches: (start) => isZip(start) && /^(?:Index|Metadata|Data)\//u.test(zipEntry(start)),
    wayOn: () => saveAs,
  },
  { name: 'a ZIP archive', matches: isZip, wayOn: unzip },
  {
    name: 'an Excel workbook of the old format, or another Office document',
    matches: starts('d0cf11e0'),
    wayOn: () => saveAs,
  },
  { name: 'a PDF document', matches: starts('25504446'), wayOn: () => exportAgain },
  { name: 'an RTF document', matches: starts('7b5c727466'), wayOn: () => exportAgain },
  { name: 'a Parquet file', matches: isParquet, wayOn: fromItsEnd('parquet') },
  { name: 'an Avro file', matches: starts('4f626a01'), wayOn: () => exportAgain },
  { name: 'an ORC file', matches: starts('4f5243'), wayOn: () => exportAgain },
  {
    name: 'an Arrow file',
    matches: (start) => starts('4152524f5731')(start) || starts('46454131')(start),
    wayOn: () => exportAgain,
  },
  {
    name: 'an SQLite database',
    matches: starts('53514c69746520666f726d6174203300'),
    wayOn: () => exportAgain,
  },
  {
    name: 'a file of SPSS',
    matches: (start) => /^\$FL[23]@\(#\)/u.test(start.toString('latin1', 0, 7)),
    wayOn: () => exportAgain,
  },
  { name: 'a file of Stata', matches: starts('3c73746174615f647461'), wayOn: () => exportAgain },
  { name: 'a file of SAS', matches: starts('000000000000000000000000c2ea8160'), wayOn: () => exportAgain },
  {
    name: 'a file of R',
    matches: (start) => /^(?:RD[AX][23]|X\n\0)/u.test(start.toString('latin1', 0, 4)),
    wayOn: () => exportAgain,
  },
  { name: 'an HDF5 file', matches: starts('894844460d0a1a0a'), wayOn: () => exportAgain },
  {
    name: 'a picture',
    matches: (start) => starts('89504e47')(start) || starts('ffd8ff')(start) || starts('47494638')(start),
    wayOn: () => exportAgain,
  },
  { name: 'a program', matches: (start) => starts('7f454c46')(start), wayOn: () => exportAgain },
];

/** The format of a file that is read from its end, by its first bytes. */
export function containerOf(start: Buffer): 'parquet' | 'xlsx' | undefined {
  if (isParquet(start)) return 'parquet';
  // Whether an archive is a workbook shows inside of it.
  return isZip(start) ? 'xlsx' : undefined;
}

function isParquet(start: Buffer): boolean {
  return start.toString('latin1', 0, 4) === 'PAR1';
}

function fromItsEnd(extension: string): Signature['wayOn'] {
  return (file) =>
    file === '-'
      ? `It is read from its end: put it into a file first, \`... > file.${extension}\`, and score that.`
      : `It is read under its own format: leave out \`--from\`, and put it into a file if it is a pipe or compressed.`;
}

function isZip(start: Buffer): boolean {
  return starts('504b0304')(start) || starts('504b0506')(start);
}

/** Name of the first file in an archive. */
function zipEntry(start: Buffer): string {
  return start.length < 30 ? '' : start.toString('utf8', 30, 30 + start.readUInt16LE(26));
}

function isOffice(start: Buffer): boolean {
  return isZip(start) && /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/)/u.test(zipEntry(start));
}

function unzip(file: string, start: Buffer): string {
  if (file === '-') return 'Unpack it into a file first: ZIP archives are read from their end.';
  const entry = zipEntry(start);
  // Signs that mean several files to unzip.
  const word = /[[\]*?]/u.test(entry) || entry === '' || entry.endsWith('/') ? '' : ` ${shellWord(entry)}`;
  return `Unpack it on the way: \`unzip -p ${shellPath(file)}${word} | voxpop score -\`.`;
}
