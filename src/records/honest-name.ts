import { UsageError } from '../errors.ts';
import { nameList } from '../text/name-list.ts';

/** Extensions that promise a format, so that a file of such a name must not hold another one. */
const promising = new Set(
  (
    '7z arrow avro bz2 csv db docx dta feather gz htm html json jsonl lz4 md ndjson ods orc parquet pdf pkl rds sas7bdat ' +
    'sav sqlite tab tsv xls xlsb xlsm xlsx xml xz zip zst'
  ).split(' '),
);

/**
 * Refuses a name that promises another format than what will be written.
 * @param names - extensions that fit what is written, without dot, as in `csv` or `csv.gz`
 * @param hint - what to do about an extension, where there is more to say than the names that fit
 * @throws {UsageError}
 */
export function requireHonestName(
  path: string,
  names: readonly string[],
  hint: (extension: string) => string | undefined = () => undefined,
): void {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const extensions = name.split('.').slice(1);
  const last = extensions.at(-1);
  if (last === undefined || !promising.has(last)) return;
  if (names.some((fitting) => name.endsWith(`.${fitting}`))) return;
  const isFitting =
    last === 'gz' && !promising.has(extensions.at(-2) ?? '') && names.some((each) => each.endsWith('.gz'));
  if (isFitting) return;
  throw new UsageError(
    'OUTPUT_NAME_DIFFERS',
    `Expected a name that says what will be written (${nameList(names.map((fitting) => `.${fitting}`))}), got \`${path}\``,
    { hint: hint(last) ?? 'Give the file another name, and convert it afterwards if you need to.' },
  );
}
