import type { MessageFields } from './protobuf-reader.ts';

export type OnnxMessage =
  | 'Model'
  | 'OperatorSetId'
  | 'Graph'
  | 'Node'
  | 'Attribute'
  | 'Tensor'
  | 'Segment'
  | 'SparseTensor'
  | 'StringStringEntry'
  | 'Type'
  | 'TensorType'
  | 'SequenceType'
  | 'MapType'
  | 'OptionalType'
  | 'OpaqueType'
  | 'Shape'
  | 'Dimension'
  | 'ValueInfo'
  | 'TensorAnnotation'
  | 'TrainingInfo'
  | 'Function'
  | 'DeviceConfiguration'
  | 'NodeDeviceConfiguration'
  | 'ShardingSpec'
  | 'IntIntListEntry'
  | 'ShardedDim'
  | 'SimpleShardedDim';

/** Every field of an ONNX model: `onnx-ml.proto` of IR version 14, and before. */
export const onnxFields: Record<OnnxMessage, MessageFields<OnnxMessage>> = {
  Model: {
    1: 'number', // ir_version
    2: 'bytes', // producer_name
    3: 'bytes', // producer_version
    4: 'bytes', // domain
    5: 'number', // model_version
    6: 'bytes', // doc_string
    7: 'Graph', // graph
    8: 'OperatorSetId', // opset_import
    14: 'StringStringEntry', // metadata_props
    20: 'TrainingInfo', // training_info
    25: 'Function', // functions
    26: 'DeviceConfiguration', // configuration
  },
  OperatorSetId: { 1: 'bytes', 2: 'number' },
  Graph: {
    1: 'Node', // node
    2: 'bytes', // name
    5: 'Tensor', // initializer
    10: 'bytes', // doc_string
    11: 'ValueInfo', // input
    12: 'ValueInfo', // output
    13: 'ValueInfo', // value_info
    14: 'TensorAnnotation', // quantization_annotation
    15: 'SparseTensor', // sparse_initializer
    16: 'StringStringEntry', // metadata_props
  },
  Node: {
    1: 'bytes', // input
    2: 'bytes', // output
    3: 'bytes', // name
    4: 'bytes', // op_type
    5: 'Attribute', // attribute
    6: 'bytes', // doc_string
    7: 'bytes', // domain
    8: 'bytes', // overload
    9: 'StringStringEntry', // metadata_props
    10: 'NodeDeviceConfiguration', // device_configurations
  },
  Attribute: {
    1: 'bytes', // name
    2: 'float', // f
    3: 'number', // i
    4: 'bytes', // s
    5: 'Tensor', // t
    6: 'Graph', // g
    7: 'floats', // floats
    8: 'numbers', // ints
    9: 'bytes', // strings
    10: 'Tensor', // tensors
    11: 'Graph', // graphs
    13: 'bytes', // doc_string
    14: 'Type', // tp
    15: 'Type', // type_protos
    20: 'number', // type
    21: 'bytes', // ref_attr_name
    22: 'SparseTensor', // sparse_tensor
    23: 'SparseTensor', // sparse_tensors
  },
  Tensor: {
    1: 'numbers', // dims
    2: 'number', // data_type
    3: 'Segment', // segment
    4: 'floats', // float_data
    5: 'numbers', // int32_data
    6: 'bytes', // string_data
    7: 'numbers', // int64_data
    8: 'bytes', // name
    9: 'bytes', // raw_data
    10: 'doubles', // double_data
    11: 'numbers', // uint64_data
    12: 'bytes', // doc_string
    13: 'StringStringEntry', // external_data
    14: 'number', // data_location
    16: 'StringStringEntry', // metadata_props
  },
  Segment: { 1: 'number', 2: 'number' },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor', 3: 'numbers' },
  StringStringEntry: { 1: 'bytes', 2: 'bytes' },
  Type: {
    1: 'TensorType',
    4: 'SequenceType',
    5: 'MapType',
    6: 'bytes', // denotation
    7: 'OpaqueType',
    8: 'TensorType', // sparse_tensor_type has the fields of tensor_type
    9: 'OptionalType',
  },
  TensorType: { 1: 'number', 2: 'Shape' },
  SequenceType: { 1: 'Type' },
  MapType: { 1: 'number', 2: 'Type' },
  OptionalType: { 1: 'Type' },
  OpaqueType: { 1: 'bytes', 2: 'bytes' },
  Shape: { 1: 'Dimension' },
  Dimension: { 1: 'number', 2: 'bytes', 3: 'bytes' },
  ValueInfo: { 1: 'bytes', 2: 'Type', 3: 'bytes', 4: 'StringStringEntry' },
  TensorAnnotation: { 1: 'bytes', 2: 'StringStringEntry' },
  TrainingInfo: { 1: 'Graph', 2: 'Graph', 3: 'StringStringEntry', 4: 'StringStringEntry' },
  Function: {
    1: 'bytes', // name
    4: 'bytes', // input
    5: 'bytes', // output
    6: 'bytes', // attribute
    7: 'Node', // node
    8: 'bytes', // doc_string
    9: 'OperatorSetId', // opset_import
    10: 'bytes', // domain
    11: 'Attribute', // attribute_proto
    12: 'ValueInfo', // value_info
    13: 'bytes', // overload
    14: 'StringStringEntry', // metadata_props
  },
  DeviceConfiguration: { 1: 'bytes', 2: 'number', 3: 'bytes' },
  NodeDeviceConfiguration: { 1: 'bytes', 2: 'ShardingSpec', 3: 'number' },
  ShardingSpec: { 1: 'bytes', 2: 'numbers', 3: 'IntIntListEntry', 4: 'ShardedDim' },
  IntIntListEntry: { 1: 'number', 2: 'numbers' },
  ShardedDim: { 1: 'number', 2: 'SimpleShardedDim' },
  SimpleShardedDim: { 1: 'number', 2: 'bytes', 3: 'number' },
};
