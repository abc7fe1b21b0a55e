import {
  type ConvertedType,
  type FileMetaData,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { cellJson, type CellValue } from './cell-value.ts';
import { storedValue } from './parquet-values.ts';

/**
 * A column of a Parquet file. Its values are read and written as the file stores them, without a detour through
 * types of JavaScript, and get their meaning back at the end: `stored` says what that is for the library, `declared`
 * what the file says.
 */
export interface ParquetColumn {
  name: string;
  /** Elements of the schema, the column itself and what lies inside of it, depth first. */
  declared: SchemaElement[];
  stored: SchemaElement[];
  /** Whether a column of the same type can be written. */
  isWritable: boolean;
  toValue: (stored: unknown) => CellValue;
}

/** The columns of a file, in their order. */
export function parquetColumns(metadata: FileMetaData): ParquetColumn[] {
  return parquetSchema(metadata).children.map((tree) => {
    const elements = subtree(tree);
    return {
      name: tree.element.name,
      declared: elements.map(asWritten),
      stored: elements.map(asStored),
      isWritable: !holdsUnwritable(tree),
      toValue:
        tree.children.length === 0 && tree.element.repetition_type !== 'REPEATED'
          ? (stored) => storedValue(tree.element, stored)
          : (stored) => nestedValue(tree, stored),
    };
  });
}

/** The description of a file whose values are to be read as they are stored. */
export function storedMetadata(metadata: FileMetaData): FileMetaData {
  return { ...metadata, schema: metadata.schema.map(asStored) };
}

function subtree({ element, children }: SchemaTree): SchemaElement[] {
  return [element, ...children.flatMap(subtree)];
}

/** Text is decoded, since it is what people see; nothing else is. */
function asStored(element: SchemaElement): SchemaElement {
  if (element.type === undefined) return element;
  const { name, type, type_length, repetition_type, num_children, field_id } = element;
  const bare = { name, type, type_length, repetition_type, num_children, field_id };
  const stored = Object.fromEntries(Object.entries(bare).filter(([, value]) => value !== undefined));
  if (isText(element)) stored.converted_type = 'UTF8';
  return stored as unknown as SchemaElement;
}

/** How text is called, by the older and the newer of two ways to say it. */
const texts = new Set(['UTF8', 'ENUM', 'JSON', 'STRING']);

function isText({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (type !== 'BYTE_ARRAY') return false;
  return texts.has(converted ?? '') || texts.has(logical?.type ?? '');
}

/**
 * A type as it is written. Times of 96 bits, which nobody writes any more, become nanoseconds; of the two ways to say
 * how wide an integer is, the library writes only the older one as others read it.
 */
function asWritten(element: SchemaElement): SchemaElement {
  const { logical_type: logical, ...rest } = element;
  if (element.type === 'INT96') {
    return {
      ...rest,
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
    };
  }
  if (logical?.type !== 'INTEGER') return element;
  const width = `${logical.isSigned ? 'INT' : 'UINT'}_${logical.bitWidth}` as ConvertedType;
  return { ...rest, converted_type: element.converted_type ?? width };
}

/** Keys of maps that are no text come out as text, and could not go back. */
function holdsUnwritable({ element, children }: SchemaTree): boolean {
  const isMap = element.converted_type === 'MAP' || element.logical_type?.type === 'MAP';
  const key = children[0]?.children[0];
  if (isMap && key !== undefined && !isText(key.element)) return true;
  return element.logical_type?.type === 'VARIANT' || children.some(holdsUnwritable);
}

/** A list, map or structure as JSON, with its values as they stand in columns of their own. */
function nestedValue(tree: SchemaTree, stored: unknown): CellValue {
  return stored === null || stored === undefined ? null : { kind: 'json', text: nestedJson(tree, stored) };
}

function nestedJson({ element, children }: SchemaTree, stored: unknown): string {
  if (stored === null || stored === undefined) return 'null';
  if (Array.isArray(stored)) {
    // The list, its repeated group, and what is in it; or what is in it at once.
    const [group] = children;
    const inner = group === undefined ? { element, children } : (group.children[0] ?? group);
    return `[${stored.map((each: unknown) => nestedJson(inner as SchemaTree, each)).join(',')}]`;
  }
  if (children.length === 0 || typeof stored !== 'object') return cellJson(storedValue(element, stored));
  const isMap = element.converted_type === 'MAP' || element.logical_type?.type === 'MAP';
  const ofMap = children[0]?.children[1];
  const fields = Object.entries(stored).map(([key, value]) => {
    const child = isMap ? ofMap : children.find(({ element: { name } }) => name === key);
    return `${JSON.stringify(key)}:${child === undefined ? 'null' : nestedJson(child, value)}`;
  });
  return `{${fields.join(',')}}`;
}
