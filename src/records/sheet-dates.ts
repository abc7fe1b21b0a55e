import type { TypedText } from './cell-value.ts';

/** A number with a format, as a sheet holds it: a date, a price, a share. */
export interface FormattedNumber extends TypedText {
  /** Days since the end of 1899 for dates. */
  serial: number;
  /** The code of the format, as in `yyyy-mm-dd`. */
  format: string;
}

const dayMs = 86_400_000;
/** Serial number of 1970-01-01. */
const epochSerial = 25_569;
/** Days between the two days on which files may begin to count. */
const days1904 = 1462;
/** Lotus took 1900 for a leap year, and Excel still does: serial numbers before its 29 February are one too small. */
const leapSerial = 60;

/** Codes of the formats that have a number and no code in the file. */
export const builtInFormats = new Map<number, string>([
  [1, '0'],
  [2, '0.00'],
  [3, '#,##0'],
  [4, '#,##0.00'],
  [9, '0%'],
  [10, '0.00%'],
  [11, '0.00E+00'],
  [14, 'yyyy-mm-dd'],
  [15, 'd-mmm-yy'],
  [16, 'd-mmm'],
  [17, 'mmm-yy'],
  [18, 'h:mm AM/PM'],
  [19, 'h:mm:ss AM/PM'],
  [20, 'h:mm'],
  [21, 'h:mm:ss'],
  [22, 'yyyy-mm-dd h:mm'],
  [37, '#,##0;(#,##0)'],
  [38, '#,##0;[Red](#,##0)'],
  [39, '#,##0.00;(#,##0.00)'],
  [40, '#,##0.00;[Red](#,##0.00)'],
  [45, 'mm:ss'],
  [47, 'mm:ss.0'],
  // Dates in the scripts of East Asia.
  ...[27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id): [number, string] => [id, 'yyyy-mm-dd']),
  ...[32, 33, 34, 35, 55, 56].map((id): [number, string] => [id, 'h:mm:ss']),
]);

/** What a format shows of a number: a day, a time of day, both, or neither. */
function shownParts(format: string): { day: boolean; time: boolean } {
  const bare = format
    .split(';', 1)[0]
    ?.replaceAll(/"[^"]*"|\\.|_.|\*./gu, '')
    .toLowerCase();
  // Hours beyond a day are a length of time, not a time of day.
  if (bare === undefined || /\[[hms]+\]|general/u.test(bare)) return { day: false, time: false };
  const letters = bare.replaceAll(/\[[^\]]*\]|am\/pm|a\/p/gu, '');
  const time = /[hs]/u.test(letters);
  return { day: /[dy]/u.test(letters) || (/m/u.test(letters) && !time), time };
}

/** Digits that a format fills up with zeros, as those of postal codes and ids do. */
function leadingZeros(format: string): number {
  return /^(?:\[[^\]]*\])*(0{2,})(?:;|$)/u.exec(format)?.[1]?.length ?? 0;
}

/** What a number of a sheet means under its format. */
export function formattedNumber(
  serial: number,
  format: string | undefined,
  isFrom1904: boolean,
): number | FormattedNumber {
  if (format === undefined) return serial;
  const { day, time } = shownParts(format);
  if (!day && !time) {
    const zeros = leadingZeros(format);
    const isPadded = Number.isInteger(serial) && serial >= 0 && String(serial).length < zeros;
    if (isPadded) return { kind: 'text', text: String(serial).padStart(zeros, '0'), serial, format };
    return { kind: 'number', text: String(serial), serial, format };
  }
  const from1900 = isFrom1904 ? serial + days1904 : serial < leapSerial ? serial + 1 : serial;
  const moment = new Date(Math.round((from1900 - epochSerial) * dayMs));
  if (Number.isNaN(moment.getTime()) || serial < 0) return serial;
  const iso = moment.toISOString().replace(/\.000Z$|Z$/u, '');
  const isWhole = Number.isInteger(serial);
  const text = !day && serial < 1 ? iso.slice(11) : isWhole && !time ? iso.slice(0, 10) : iso;
  return { kind: 'date', text, serial: isFrom1904 ? serial + days1904 : serial, format };
}

/** The number of an ISO date, or date and time, in a sheet, and its format; undefined where a sheet has none. */
export function dateSerial(iso: string): { serial: number; format: string } | undefined {
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(iso);
  if (!isDay && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?$/u.test(iso)) return undefined;
  const ms = Date.parse(isDay || iso.endsWith('Z') ? iso : `${iso}Z`);
  const serial = ms / dayMs + epochSerial;
  if (Number.isNaN(ms) || serial <= leapSerial) return undefined;
  return { serial, format: isDay ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm:ss' };
}
