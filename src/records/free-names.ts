import { UsageError } from '../errors.ts';
import { nameList } from '../text/name-list.ts';

/** @throws {UsageError} when an added column has the name of another one */
export function requireFreeNames(existing: readonly string[], added: readonly string[]): void {
  const taken = added.filter((name, index) => existing.includes(name) || added.indexOf(name) !== index);
  if (taken.length === 0) return;
  const names = nameList([...new Set(taken)]);
  throw new UsageError(
    'COLUMN_CLASH',
    `Expected new names for the added columns, found ${names} taken already`,
    {
      hint: 'Put something in front of the added names, for example `--prefix voxpop_`.',
    },
  );
}

/** @throws {UsageError} when two columns have one name, in a format in which they must differ */
export function requireDifferentNames(columns: readonly string[]): void {
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice === undefined) return;
  const message = `Expected different names in the header, found \`${twice}\` several times`;
  const hint =
    'This format can hold a name only once: rename the columns, choose some with `--columns`, or write CSV.';
  throw new UsageError('DUPLICATE_COLUMN', message, { hint });
}
