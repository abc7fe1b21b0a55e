import type { TimeSeries } from './report-document.ts';
import { getOrInsert } from '../collections.ts';

/** Names that a column with the date of a comment goes by; lower case. */
const usualNames = new Set(
  [
    'date,created_at,created,timestamp,datetime,time,submitted_at,submitted,response_date,recorded_date',
    'recordeddate,end_date,enddate,review_date,day,datum,fecha,data,tarih,tanggal,дата,日期,日付,날짜',
    'التاريخ,วันที่,ngày',
  ].flatMap((names) => names.split(',')),
);

/** The column that a date is expected in, by its name. */
export function dateColumn(columns: readonly string[]): string | undefined {
  return columns.find((column) =>
    usualNames.has(
      column
        .trim()
        .toLowerCase()
        .replaceAll(/[\s-]+/gu, '_'),
    ),
  );
}

/** Years that a comment can be from; others are misread numbers. */
const [firstYear, lastYear] = [1990, 2100];

/** Counts by day, under each way that the dates can be read; bounded by the days of a century. */
export class DateTally<Labels> {
  readonly #days = new Map<string, Labels>();
  /** Dates like 03/04/2026, read as day/month and as month/day. */
  readonly #dayFirst = new Map<string, Labels>();
  readonly #monthFirst = new Map<string, Labels>();
  readonly #make: () => Labels;
  undated = 0;
  #slashes = 0;
  #dayFirstWrong = 0;
  #monthFirstWrong = 0;

  constructor(make: () => Labels) {
    this.#make = make;
  }

  add(value: string, count: (labels: Labels) => void): void {
    const text = value.trim();
    const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})\b/u.exec(text);
    if (slashed !== null) {
      this.#slashes++;
      const [one, two, year] = slashed.slice(1).map(Number) as [number, number, number];
      const [asDay, asMonth] = [isoDay(year, two, one), isoDay(year, one, two)];
      if (asDay === undefined) this.#dayFirstWrong++;
      else count(this.#at(this.#dayFirst, asDay));
      if (asMonth === undefined) this.#monthFirstWrong++;
      else count(this.#at(this.#monthFirst, asMonth));
      return;
    }
    const day = parseDay(text);
    if (day === undefined) this.undated++;
    else count(this.#at(this.#days, day));
  }

  #at(days: Map<string, Labels>, day: string): Labels {
    return getOrInsert(days, day, this.#make);
  }

  /** Counts by ISO day. Slashed dates are read the way that fits more of them, month first in a tie. */
  result(): { days: [day: string, labels: Labels][]; undated: number; isAmbiguous: boolean } {
    const dayFirst = this.#dayFirstWrong < this.#monthFirstWrong;
    const days = [...this.#days, ...(dayFirst ? this.#dayFirst : this.#monthFirst)];
    return {
      days: days.toSorted(([one], [other]) => (one < other ? -1 : 1)),
      undated: this.undated + (dayFirst ? this.#dayFirstWrong : this.#monthFirstWrong),
      isAmbiguous: this.#slashes > 0 && this.#dayFirstWrong === this.#monthFirstWrong,
    };
  }
}

/** Reads ISO dates, 2026/01/31, 31.01.2026, and Unix times in seconds or milliseconds. */
export function parseDay(text: string): string | undefined {
  const iso =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/u.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/u.exec(text);
  if (iso !== null) return isoDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dotted = /^(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?!\d)/u.exec(text);
  if (dotted !== null) return isoDay(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]));
  if (/^\d{10}(\d{3})?(\.\d+)?$/u.test(text)) {
    const time = Number(text) * (text.split('.')[0]?.length === 13 ? 1 : 1000);
    const date = new Date(time);
    return isoDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  }
  return undefined;
}

function isoDay(year: number, month: number, day: number): string | undefined {
  if (year < firstYear || year > lastYear) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date.toISOString().slice(0, 10) : undefined;
}

/** The unit that gives a readable number of steps. */
export function unitOf(first: string, last: string): TimeSeries['unit'] {
  const days = (Date.parse(last) - Date.parse(first)) / 86_400_000;
  if (days <= 31) return 'day';
  if (days <= 190) return 'week';
  return days <= 366 * 4 ? 'month' : 'year';
}

/** First day of the unit that a day is in; weeks start on Monday. */
export function bucketOf(day: string, unit: TimeSeries['unit']): string {
  if (unit === 'month') return day.slice(0, 7);
  if (unit === 'year') return day.slice(0, 4);
  if (unit === 'day') return day;
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

/** The bucket after one, so that times without comments show as such. */
export function nextBucket(bucket: string, unit: TimeSeries['unit']): string {
  if (unit === 'year') return String(Number(bucket) + 1);
  if (unit === 'month') {
    const [year, month] = bucket.split('-').map(Number) as [number, number];
    return month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
  }
  const date = new Date(`${bucket}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + (unit === 'week' ? 7 : 1));
  return date.toISOString().slice(0, 10);
}
