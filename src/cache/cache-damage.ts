/** What was read is not what was written; the file is set aside. Stays within the room. */
export class CacheDamage extends Error {}

/** SQLite's codes for a file that is malformed, or no database. */
const damageCodes = new Set([11, 26]);

/** SQLITE_IOERR_SHORT_READ: the file ends where there should be more. */
const shortRead = 522;

export function isDamage(error: unknown): boolean {
  if (error instanceof CacheDamage) return true;
  return damageCodes.has(sqliteCode(error) ?? 0) || (error as { errcode?: number }).errcode === shortRead;
}

/** SQLite's primary result code, https://sqlite.org/rescode.html */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

/** Another process has the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === 5;
}

/** The disk, or the size that the file may have, is full. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === 13;
}
