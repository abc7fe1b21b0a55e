import { nameList } from '../text/name-list.ts';
import { isQuantity } from './column-profile.ts';
import type { Sample } from './format-reader.ts';
import { isUsualName } from './usual-names.ts';

/**
 * Names of columns that look like the values below them in every column of numbers, dates or addresses, as where the
 * first line is a row and no header; none where columns are counted, or named by years.
 * @param samples - of the first rows, by column
 */
export function namesLikeValues(columns: readonly string[], samples: Sample): string[] {
  const isCounted = columns.every((name, place) => name === String(place) || name === String(place + 1));
  if (isCounted || columns.some(isUsualName)) return [];
  const ofQuantities = columns.filter((name, place) => {
    const values = (samples[place]?.values ?? [])
      .map((value) => value.trim())
      .filter((value) => value !== '');
    return name.trim() !== '' && values.length > 0 && values.every(isQuantity);
  });
  const isValue = (name: string): boolean => isQuantity(name.trim()) && !/^(?:19|20)\d\d$/u.test(name.trim());
  return ofQuantities.every(isValue) ? ofQuantities : [];
}

/** Says that a first line is taken for the header though it may be none. */
export function namelessNotice(columns: readonly string[], samples: Sample): string | undefined {
  const names = namesLikeValues(columns, samples);
  if (names.length === 0) return undefined;
  const look = names.length === 1 ? 'looks like a value' : 'look like values';
  return `The first line is taken for the names of the columns, though ${nameList(names.slice(0, 3))} ${look}: --no-header if it is a row`;
}
