import { getOrInsert } from '../collections.ts';

/** Words of which the name of a column with the date of a comment has one; lower case. */
const dateWords = new Set(
  [
    'date,dates,datetime,timestamp,time,day,created,submitted,recorded,completed,responded,enddate,recordeddate',
    'datum,fecha,data,tarih,tanggal,дата,日期,日付,날짜,التاريخ,วันที่,ngày,तारीख',
  ].flatMap((names) => names.split(',')),
);

/** Share of a column's first values that must be dates for it to be one of dates. */
const leastDates = 0.8;

/** How dates like 03/04/2026 are read: the day first, or the month. */
export const dateOrders = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof dateOrders)[number];

/**
 * The column of dates: the first whose values are dates, one that is named so before others.
 * @param valuesOf first values of a column
 */
export function dateColumn(
  columns: readonly string[],
  valuesOf: (column: string) => readonly string[],
): { column: string; others: string[] } | undefined {
  const rated = columns.flatMap((column) => {
    const isNamed = column
      .replaceAll(/([a-z])([A-Z])/gu, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\p{M}\p{N}]+/u)
      .some((word) => dateWords.has(word));
    const values = valuesOf(column).filter((value) => value.trim() !== '');
    // Numbers can be anything, so that only a name makes them dates.
    const dates = values.filter((value) => isDate(value) && (isNamed || /\D/u.test(value.trim())));
    return values.length > 0 && dates.length >= leastDates * values.length ? [{ column, isNamed }] : [];
  });
  const found = rated.find(({ isNamed }) => isNamed) ?? rated[0];
  if (found === undefined) return undefined;
  return {
    column: found.column,
    others: rated.map(({ column }) => column).filter((each) => each !== found.column),
  };
}

function isDate(value: string): boolean {
  const text = value.trim();
  return parseDay(text) !== undefined || eitherWay(text).some((day) => day !== undefined);
}

/** Years that a comment can be from; others are misread numbers. */
const [firstYear, lastYear] = [1990, 2100];

/** Length of a period. */
export type TimeUnit = 'day' | 'week' | 'month' | 'year';

/** Counts by day, under each way that the dates can be read; bounded by the days of a century. */
export class DateTally<Group> {
  readonly #days = new Map<string, Group>();
  /** Dates like 03/04/2026, read as day/month and as month/day. */
  readonly #dayFirst = new Map<string, Group>();
  readonly #monthFirst = new Map<string, Group>();
  readonly #make: () => Group;
  #undated = 0;
  #slashes = 0;
  #dayFirstWrong = 0;
  #monthFirstWrong = 0;

  constructor(make: () => Group) {
    this.#make = make;
  }

  add(value: string, count: (group: Group) => void): void {
    const text = value.trim();
    const ways = eitherWay(text);
    if (ways.length > 0) {
      this.#slashes++;
      const [asDay, asMonth] = ways;
      if (asDay === undefined) this.#dayFirstWrong++;
      else count(this.#at(this.#dayFirst, asDay));
      if (asMonth === undefined) this.#monthFirstWrong++;
      else count(this.#at(this.#monthFirst, asMonth));
      return;
    }
    const day = parseDay(text);
    if (day === undefined) this.#undated++;
    else count(this.#at(this.#days, day));
  }

  #at(days: Map<string, Group>, day: string): Group {
    return getOrInsert(days, day, this.#make);
  }

  /**
   * Groups by ISO day.
   * @param told how dates like 03/04/2026 are read; else the way that fits more of them, month first in a tie
   */
  result(told?: DateOrder): DaysFound<Group> {
    const isDayFirst = told === undefined ? this.#dayFirstWrong < this.#monthFirstWrong : told === 'dmy';
    const days = new Map(this.#days);
    // A file can have both kinds of dates for one day.
    const extra: [string, Group][] = [];
    for (const [day, group] of isDayFirst ? this.#dayFirst : this.#monthFirst) {
      if (days.has(day)) extra.push([day, group]);
      else days.set(day, group);
    }
    return {
      days: [...days, ...extra].toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)),
      undated: this.#undated + (isDayFirst ? this.#dayFirstWrong : this.#monthFirstWrong),
      order: this.#slashes === 0 ? undefined : isDayFirst ? 'dmy' : 'mdy',
      isAmbiguous: told === undefined && this.#slashes > 0 && this.#dayFirstWrong === this.#monthFirstWrong,
    };
  }
}

/** What a tally of dates has found. */
export interface DaysFound<Group> {
  days: [day: string, group: Group][];
  undated: number;
  /** How dates like 03/04/2026 were read; undefined when there are none. */
  order: DateOrder | undefined;
  /** Whether nothing told that order. */
  isAmbiguous: boolean;
}

/** A date like 03/04/2026 read as day/month and as month/day; nothing for other texts. */
function eitherWay(text: string): (string | undefined)[] {
  const parts = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/u.exec(text);
  if (parts === null) return [];
  const [one, two, year] = [Number(parts[1]), Number(parts[3]), fullYear(parts[4] as string)];
  return [isoDay(year, two, one), isoDay(year, one, two)];
}

function fullYear(digits: string): number {
  return Number(digits) + (digits.length === 2 ? 2000 : 0);
}

/**
 * Reads ISO dates, 2026/01/31, 31.01.2026, 2026年1月31日, 31 January 2026, Jan 31, 2026, and Unix times in seconds or
 * milliseconds.
 */
export function parseDay(text: string): string | undefined {
  const iso =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/u.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/u.exec(text) ??
    /^(\d{4})\s?[年년.]\s?(\d{1,2})\s?[月월.]\s?(\d{1,2})(?!\d)/u.exec(text);
  if (iso !== null) return isoDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?!\d)/u.exec(text);
  if (dotted !== null) return isoDay(fullYear(dotted[3] as string), Number(dotted[2]), Number(dotted[1]));
  const named =
    /^(?:\p{L}+,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-](?:de\s)?(\p{L}{3,12})\.?[\s,-]+(?:de\s)?(\d{4}|\d{2})(?!\d)/iu.exec(
      text,
    );
  if (named !== null)
    return isoDay(fullYear(named[3] as string), monthOf(named[2] as string), Number(named[1]));
  const american = /^(?:\p{L}+,\s+)?(\p{L}{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)/iu.exec(
    text,
  );
  if (american !== null)
    return isoDay(Number(american[3]), monthOf(american[1] as string), Number(american[2]));
  if (/^\d{10}(\d{3})?(\.\d+)?$/u.test(text)) {
    const time = Number(text) * (text.split('.')[0]?.length === 13 ? 1 : 1000);
    const date = new Date(time);
    return isoDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  }
  return undefined;
}

/** Languages whose names of months are read. */
const monthLanguages = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt', 'tr', 'id', 'ru'];
let months: Map<string, number> | undefined;

/** Number of a month by its name or the first letters of it; 0 for none. */
function monthOf(name: string): number {
  months ??= monthNames();
  const lower = name.toLowerCase();
  return months.get(lower) ?? months.get(lower.slice(0, 3)) ?? 0;
}

function monthNames(): Map<string, number> {
  const names = new Map<string, number>();
  for (const language of monthLanguages) {
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(language, { day: 'numeric', month, timeZone: 'UTC' });
      for (let number = 1; number <= 12; number++) {
        const parts = format.formatToParts(Date.UTC(2026, number - 1, 15));
        const name = parts
          .find(({ type }) => type === 'month')
          ?.value.toLowerCase()
          .replace(/\.$/u, '');
        if (name !== undefined && !names.has(name)) names.set(name, number);
      }
    }
  }
  return names;
}

function isoDay(year: number, month: number, day: number): string | undefined {
  if (year < firstYear || year > lastYear) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date.toISOString().slice(0, 10) : undefined;
}

/** The unit that gives a readable number of steps. */
export function unitOf(first: string, last: string): TimeUnit {
  const days = (Date.parse(last) - Date.parse(first)) / 86_400_000;
  if (days <= 21) return 'day';
  if (days <= 190) return 'week';
  return days <= 366 * 4 ? 'month' : 'year';
}

/** First day of the unit that a day is in; weeks start on Monday. */
export function bucketOf(day: string, unit: TimeUnit): string {
  if (unit === 'month') return day.slice(0, 7);
  if (unit === 'year') return day.slice(0, 4);
  if (unit === 'day') return day;
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

/** The bucket after one, so that times without comments show as such. */
export function nextBucket(bucket: string, unit: TimeUnit): string {
  if (unit === 'year') return String(Number(bucket) + 1);
  if (unit === 'month') {
    const [year, month] = bucket.split('-').map(Number) as [number, number];
    return month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
  }
  const date = new Date(`${bucket}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + (unit === 'week' ? 7 : 1));
  return date.toISOString().slice(0, 10);
}
