import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import type { CellValue } from './cell-value.ts';

/**
 * Makes a value of what a Parquet file stores for it, exactly: a decimal keeps its digits, a time its nanoseconds.
 * @param element - how the file describes the column; `stored` is of its physical type, text already decoded
 */
export function storedValue(element: SchemaElement, stored: unknown): CellValue {
  if (stored === null || stored === undefined) return null;
  const { converted_type: converted, logical_type: logical } = element;
  if (typeof stored === 'string') return converted === 'JSON' ? { kind: 'json', text: stored } : stored;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimal(element, stored);
  if (stored instanceof Uint8Array) return bytesValue(element, stored);
  if (typeof stored !== 'number' && typeof stored !== 'bigint') return stored as boolean;
  if (converted === 'DATE') return date(new Date(Number(stored) * 86_400_000).toISOString().slice(0, 10));
  const unit = timeUnit(element);
  if (unit !== undefined) return timeValue(BigInt(stored), element, unit);
  const isUnsigned = converted?.startsWith('UINT_') ?? (logical?.type === 'INTEGER' && !logical.isSigned);
  if (!isUnsigned) return stored;
  return typeof stored === 'bigint' ? BigInt.asUintN(64, stored) : stored >>> 0;
}

function date(text: string): CellValue {
  return { kind: 'date', text };
}

/** Digits of a second that a column of times holds; undefined for any other column. */
function timeUnit({
  type,
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): 3 | 6 | 9 | undefined {
  if (type === 'INT96') return 9;
  if (converted === 'TIMESTAMP_MILLIS' || converted === 'TIME_MILLIS') return 3;
  if (converted === 'TIMESTAMP_MICROS' || converted === 'TIME_MICROS') return 6;
  if (logical?.type !== 'TIMESTAMP' && logical?.type !== 'TIME') return undefined;
  return logical.unit === 'MILLIS' ? 3 : logical.unit === 'MICROS' ? 6 : 9;
}

function timeValue(stored: bigint, element: SchemaElement, digits: 3 | 6 | 9): CellValue {
  const { converted_type: converted, logical_type: logical } = element;
  const perSecond = 10n ** BigInt(digits);
  const rest = ((stored % perSecond) + perSecond) % perSecond;
  const seconds = Number((stored - rest) / perSecond);
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(digits, '0')}`.replace(/0+$/u, '');
  const isTime = logical?.type === 'TIME' || (converted?.startsWith('TIME_') ?? false);
  const day = new Date(seconds * 1000);
  if (Number.isNaN(day.getTime())) return { kind: 'number', text: String(stored) };
  const iso = day.toISOString().slice(0, 19);
  if (isTime) return date(iso.slice(11) + fraction);
  const isLocal = logical?.type === 'TIMESTAMP' && !logical.isAdjustedToUTC;
  return date(iso + fraction + (isLocal ? '' : 'Z'));
}

function decimal({ scale = 0 }: SchemaElement, stored: unknown): CellValue {
  const unscaled = stored instanceof Uint8Array ? twosComplement(stored) : BigInt(stored as number | bigint);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return { kind: 'number', text: sign + whole + (scale === 0 ? '' : `.${digits.slice(-scale)}`) };
}

function twosComplement(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).toString('hex');
  return hex === '' ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

/** Bytes of which nothing says that they are text may be it all the same, and are shown in hex if not. */
function bytesValue({ logical_type: logical }: SchemaElement, bytes: Uint8Array): CellValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hex = buffer.toString('hex');
  if (logical?.type === 'UUID') return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
  if (logical?.type === 'FLOAT16') return halfFloat(buffer.readUInt16LE(0));
  return isUtf8(buffer) ? buffer.toString('utf8') : hex;
}

function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
