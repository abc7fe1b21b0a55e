/**
 * The place of a column that is named, from 0; -1 when there is none. A name that stands several times is told
 * apart by `#2` for its second column and so on, and any column by its number, from 1, if nothing has that name.
 */
export function columnPlace(columns: readonly string[], reference: string): number {
  const byName = columns.indexOf(reference);
  if (byName !== -1) return byName;
  const [, name = '', nth = ''] = /^(.*)#(\d+)$/su.exec(reference) ?? [];
  const ofName = columns.flatMap((column, place) => (nth !== '' && column === name ? [place] : []));
  const number = /^\d+$/u.test(reference) ? Number(reference) - 1 : -1;
  return ofName[Number(nth) - 1] ?? (number < columns.length ? number : -1);
}

/** How a column is referred to: by its name where that is enough. */
export function columnReference(columns: readonly string[], place: number): string {
  const name = columns[place] ?? '';
  if (name === '') return String(place + 1);
  const first = columns.indexOf(name);
  if (first === columns.lastIndexOf(name)) return name;
  const nth = columns.slice(0, place + 1).filter((column) => column === name).length;
  const reference = `${name}#${nth}`;
  return columns.includes(reference) ? String(place + 1) : reference;
}
