/** What the benchmarks read from, and leave out of, a model's file; field numbers are those of onnx.proto3. */
import { PbfReader } from 'pbf';

interface Field {
  tag: number;
  /** The field as it lies in the file, its tag included. */
  raw: Uint8Array;
  /** Contents of a length-delimited field. */
  content: Uint8Array;
}

/** Weights that a model holds: values of all its tensors, without their scales and zero points; int4 lies two to a byte. */
export function countParameters(model: Uint8Array): number {
  const graph = graphOf(model);
  let count = 0;
  for (const { tag, content } of fieldsOf(graph)) {
    if (tag !== 5) continue;
    const tensor = { name: '', values: 1 };
    new PbfReader(content).readFields((field, result, pbf) => {
      if (field === 1) result.values *= pbf.readPackedVarint([]).reduce((product, size) => product * size, 1);
      else if (field === 8) result.name = pbf.readString();
    }, tensor);
    if (!/_(?:scale|zero_point)$/.test(tensor.name))
      count += tensor.values * (tensor.name.endsWith('_int4') ? 2 : 1);
  }
  return count;
}

/** The same model with some of its outputs only; the runtime leaves out what no output needs. */
export function keepOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = fieldsOf(graphOf(model)).filter(
    ({ tag, content }) => tag !== 12 || names.includes(nameOf(content)),
  );
  const body = Buffer.concat(graph.map(({ raw }) => raw));
  return Buffer.concat(
    fieldsOf(model).map(({ tag, raw }) =>
      tag === 7 ? Buffer.concat([Uint8Array.of((7 << 3) | 2), varint(body.length), body]) : raw,
    ),
  );
}

function graphOf(model: Uint8Array): Uint8Array {
  const graph = fieldsOf(model).find(({ tag }) => tag === 7);
  if (graph === undefined) throw new Error('expected an ONNX model with a graph');
  return graph.content;
}

function nameOf(valueInfo: Uint8Array): string {
  const name = fieldsOf(valueInfo).find(({ tag }) => tag === 1);
  return Buffer.from(name?.content ?? []).toString();
}

function fieldsOf(message: Uint8Array): Field[] {
  const pbf = new PbfReader(message);
  const fields: Field[] = [];
  while (pbf.pos < message.length) {
    const start = pbf.pos;
    const key = pbf.readVarint();
    const isBytes = (key & 7) === 2;
    const length = isBytes ? pbf.readVarint() : 0;
    const contentStart = pbf.pos;
    if (isBytes) pbf.pos += length;
    else pbf.skip(key);
    fields.push({
      tag: key >>> 3,
      raw: message.subarray(start, pbf.pos),
      content: message.subarray(contentStart, contentStart + length),
    });
  }
  return fields;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Uint8Array.from([...bytes, left]);
}
