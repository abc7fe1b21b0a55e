/**
 * Writes ONNX models as protobuf: just enough for fixture models, sound or broken on purpose.
 * Field numbers and enum values are those of `onnx/onnx.proto3` (ONNX IR 8).
 */
import { PbfWriter } from 'pbf';

/** `TensorProto.DataType`. */
export const dataTypes = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
export type DataType = keyof typeof dataTypes;

/** `AttributeProto.AttributeType`. */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const;

/** A tensor: its values inline, or (`external`) in a file beside the model. */
export interface OnnxTensor {
  name: string;
  type: DataType;
  dims: number[];
  /** Row-major values; left out when `external` is given. */
  values?: readonly number[] | Int8Array | Float32Array;
  /** Writes `data_location = EXTERNAL` and these `external_data` entries. */
  external?: { location: string; offset?: number; length?: number };
}

export type OnnxAttribute =
  | { name: string; float: number }
  | { name: string; int: number }
  | { name: string; string: string }
  | { name: string; tensor: OnnxTensor }
  | { name: string; graph: OnnxGraph }
  | { name: string; floats: number[] }
  | { name: string; ints: number[] };

export interface OnnxNode {
  op: string;
  inputs: string[];
  outputs: string[];
  name?: string;
  /** Operator domain; the standard one when absent. */
  domain?: string;
  attributes?: OnnxAttribute[];
}

/** An input or output of a graph; a dimension is a size, or a name where it is free. */
export interface OnnxValue {
  name: string;
  type: DataType;
  dims: (number | string)[];
}

export interface OnnxGraph {
  name: string;
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

/** A model-local function; nodes call it by its domain and name. */
export interface OnnxFunction {
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  nodes: OnnxNode[];
  opsets: OnnxOpset[];
}

export interface OnnxOpset {
  domain: string;
  version: number;
}

export interface OnnxModel {
  irVersion: number;
  producer: string;
  opsets: OnnxOpset[];
  graph: OnnxGraph;
  functions?: OnnxFunction[];
}

/** Serialises a model; the same model gives the same bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, model.irVersion);
  pbf.writeStringField(2, model.producer);
  pbf.writeMessage(7, writeGraph, model.graph);
  for (const opset of model.opsets) pbf.writeMessage(8, writeOpset, opset);
  for (const fn of model.functions ?? []) pbf.writeMessage(25, writeFunction, fn);
  return pbf.finish();
}

function writeGraph(graph: OnnxGraph, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, graph.name);
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of graph.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of graph.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  if (node.name !== undefined) pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.op);
  for (const attribute of node.attributes ?? []) pbf.writeMessage(5, writeAttribute, attribute);
  if (node.domain !== undefined) pbf.writeStringField(7, node.domain);
}

function writeAttribute(attribute: OnnxAttribute, pbf: PbfWriter): void {
  pbf.writeStringField(1, attribute.name);
  if ('float' in attribute) {
    pbf.writeFloatField(2, attribute.float);
    pbf.writeVarintField(20, attributeTypes.float);
  } else if ('int' in attribute) {
    pbf.writeVarintField(3, attribute.int);
    pbf.writeVarintField(20, attributeTypes.int);
  } else if ('string' in attribute) {
    pbf.writeStringField(4, attribute.string);
    pbf.writeVarintField(20, attributeTypes.string);
  } else if ('tensor' in attribute) {
    pbf.writeMessage(5, writeTensor, attribute.tensor);
    pbf.writeVarintField(20, attributeTypes.tensor);
  } else if ('graph' in attribute) {
    pbf.writeMessage(6, writeGraph, attribute.graph);
    pbf.writeVarintField(20, attributeTypes.graph);
  } else if ('floats' in attribute) {
    pbf.writePackedFloat(7, attribute.floats);
    pbf.writeVarintField(20, attributeTypes.floats);
  } else {
    pbf.writePackedVarint(8, attribute.ints);
    pbf.writeVarintField(20, attributeTypes.ints);
  }
}

function writeTensor(tensor: OnnxTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, tensor.dims);
  pbf.writeVarintField(2, dataTypes[tensor.type]);
  pbf.writeStringField(8, tensor.name);
  if (tensor.external === undefined) {
    pbf.writeBytesField(9, rawData(tensor));
    return;
  }
  for (const [key, value] of Object.entries(tensor.external)) {
    pbf.writeMessage(13, writeEntry, [key, String(value)]);
  }
  pbf.writeVarintField(14, 1);
}

function writeValue(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
}

/** `TypeProto` with its one field that is used here, `tensor_type`. */
function writeType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeVarintField(1, dataTypes[value.type]);
  pbf.writeMessage(2, writeShape, value.dims);
}

function writeShape(dims: (number | string)[], pbf: PbfWriter): void {
  for (const dim of dims) pbf.writeMessage(1, writeDim, dim);
}

function writeDim(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}

function writeOpset(opset: OnnxOpset, pbf: PbfWriter): void {
  if (opset.domain !== '') pbf.writeStringField(1, opset.domain);
  pbf.writeVarintField(2, opset.version);
}

function writeFunction(fn: OnnxFunction, pbf: PbfWriter): void {
  pbf.writeStringField(1, fn.name);
  for (const input of fn.inputs) pbf.writeStringField(4, input);
  for (const output of fn.outputs) pbf.writeStringField(5, output);
  for (const node of fn.nodes) pbf.writeMessage(7, writeNode, node);
  for (const opset of fn.opsets) pbf.writeMessage(9, writeOpset, opset);
  pbf.writeStringField(10, fn.domain);
}

/** `StringStringEntryProto`. */
function writeEntry([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

/** Fixed-width little-endian values, as `raw_data` asks. */
function rawData({ type, values = [] }: OnnxTensor): Uint8Array {
  const width = { float32: 4, int8: 1, int32: 4, int64: 8 }[type];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    if (type === 'float32') view.setFloat32(index * 4, value, true);
    else if (type === 'int8') view.setInt8(index, value);
    else if (type === 'int32') view.setInt32(index * 4, value, true);
    else view.setBigInt64(index * 8, BigInt(value), true);
  });
  return bytes;
}
