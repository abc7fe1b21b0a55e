/** How a field's value is encoded; anything else is the name of a message. */
export type ScalarKind = 'number' | 'numbers' | 'float' | 'floats' | 'doubles' | 'bytes';

/** Kind of value by field number. */
export type MessageFields<Message extends string> = Record<number, ScalarKind | Message>;

// Wire types of protobuf.
const varint = 0;
const eightBytes = 1;
const lengthPrefixed = 2;
const fourBytes = 5;

/** Wire types that a kind may have; lists of numbers may be packed or not. A message is length-prefixed. */
const wireTypes: Record<ScalarKind, readonly number[]> = {
  number: [varint],
  numbers: [varint, lengthPrefixed],
  float: [fourBytes],
  floats: [fourBytes, lengthPrefixed],
  doubles: [eightBytes, lengthPrefixed],
  bytes: [lengthPrefixed],
};

/** One field of a message as it was found; a message's own fields come after it. */
export interface FoundField<Message extends string> {
  message: Message;
  field: number;
  /** For a single number: whether it is other than 0. */
  isSet: boolean;
  /** For bytes and packed lists: the part of the file that holds them. */
  bytes: Uint8Array;
}

/**
 * Reads a protobuf message and all messages in it, and takes nothing that another reader could take otherwise: every
 * field must be known, have the wire type that it should have, and end inside its message; numbers of fields and
 * lengths must be written as short as they can be.
 * @param fields of every kind of message
 * @param visit called for every field, the outer ones first
 * @throws Error naming message, field and place
 */
export function readStrictly<Message extends string>(
  file: Uint8Array,
  root: Message,
  fields: Record<Message, MessageFields<Message>>,
  maxDepth: number,
  visit: (found: FoundField<Message>) => void,
): void {
  let at = 0;

  const fail = (reason: string): never => {
    throw new Error(`${reason} at byte ${at}`);
  };

  /** A number below 2^31, in the fewest bytes that hold it. */
  const readShort = (end: number): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) return fail('a number is cut off');
      const byte = file[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) return fail('a number is written longer than it is');
        return value < 2 ** 31 ? value : fail('a number is too large');
      }
    }
    return fail('a number is too long');
  };

  /** Any number; only whether it is 0 is of interest. */
  const readNumber = (end: number): boolean => {
    let isSet = false;
    for (let bytes = 0; bytes < 10; bytes++) {
      if (at >= end) return fail('a number is cut off');
      const byte = file[at++] as number;
      isSet ||= (byte & 0x7f) !== 0;
      if (byte < 0x80) return isSet;
    }
    return fail('a number is too long');
  };

  const skip = (bytes: number, end: number): Uint8Array => {
    if (at + bytes > end) return fail('a value is cut off');
    at += bytes;
    return file.subarray(at - bytes, at);
  };

  const readMessage = (message: Message, end: number, depth: number): void => {
    if (depth > maxDepth) fail(`messages are nested more than ${maxDepth} deep`);
    while (at < end) {
      const tag = readShort(end);
      const field = tag >>> 3;
      const wireType = tag & 7;
      const kind = fields[message][field];
      if (kind === undefined) return fail(`the field ${field} of ${message} is unknown`);
      const allowed = wireTypes[kind as ScalarKind] ?? [lengthPrefixed];
      if (!allowed.includes(wireType)) fail(`the field ${field} of ${message} has the wire type ${wireType}`);
      const found = { message, field, isSet: false, bytes: file.subarray(0, 0) };
      if (wireType === varint) found.isSet = readNumber(end);
      else if (wireType === fourBytes) found.bytes = skip(4, end);
      else if (wireType === eightBytes) found.bytes = skip(8, end);
      else {
        const length = readShort(end);
        const start = at;
        found.bytes = skip(length, end);
        if (!(kind in wireTypes)) {
          visit(found);
          at = start;
          readMessage(kind as Message, start + length, depth + 1);
          continue;
        }
      }
      visit(found);
    }
  };

  readMessage(root, file.length, 1);
}
