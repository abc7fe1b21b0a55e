/** Models that a bundle must not be loaded with: the fixture model with one thing wrong each. */
import { makeModel } from './fixture-model.ts';
import { makePieces } from './fixture-pieces.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from './onnx-writer.ts';

export const foreignDomain = 'com.example.foreign';

/** A weight is kept in a file beside the model. */
export function externalDataModel(location = 'weights.bin'): OnnxModel {
  const model = makeModel();
  const weight = model.graph.initializers.find(({ name }) => name === 'sentiment.weight');
  if (weight === undefined) throw new Error('Expected the fixture model to have sentiment.weight');
  delete weight.values;
  weight.external = { location, offset: 0, length: 4 * weight.dims.reduce((size, dim) => size * dim, 1) };
  return model;
}

/** A constant node's tensor, an attribute, is kept in a file beside the model. */
export function externalDataInAttributeModel(location = 'weights.bin'): OnnxModel {
  const tensor: OnnxTensor = { name: 'aside', type: 'float32', dims: [1], external: { location } };
  return withNode({
    op: 'Constant',
    inputs: [],
    outputs: ['aside'],
    attributes: [{ name: 'value', tensor }],
  });
}

/** A node of the graph is of a foreign operator domain, which the model imports. */
export function foreignDomainModel(domain = foreignDomain): OnnxModel {
  return withNode(foreignNode(domain), domain);
}

/** A foreign node is hidden in the branches of an `If`; the model does not import its domain. */
export function foreignDomainInSubgraphModel(domain = foreignDomain): OnnxModel {
  const branch = (name: string): OnnxGraph => ({
    name,
    nodes: [{ ...foreignNode(domain), outputs: [name] }],
    initializers: [],
    inputs: [],
    outputs: [{ name, type: 'float32', dims: ['batch', 'sequence'] }],
  });
  const model = withNode({
    op: 'If',
    inputs: ['condition'],
    outputs: ['aside'],
    attributes: [
      { name: 'then_branch', graph: branch('then_value') },
      { name: 'else_branch', graph: branch('else_value') },
    ],
  });
  model.graph.nodes.splice(-1, 0, {
    op: 'Cast',
    inputs: ['logits_per_vote'],
    outputs: ['condition'],
    attributes: [{ name: 'to', int: 9 }],
  });
  return model;
}

/** A model-local function, which the graph does not call. */
export function functionModel(): OnnxModel {
  const model = makeModel();
  model.functions = [
    {
      name: 'Aside',
      domain: '',
      inputs: ['mask'],
      outputs: ['aside'],
      nodes: [{ op: 'Identity', inputs: ['mask'], outputs: ['aside'] }],
      opsets: model.opsets,
    },
  ];
  return model;
}

/** A task's output is one logit wider than the task has labels. */
export function wrongLabelCountModel(): OnnxModel {
  const model = makeModel();
  for (const tensor of model.graph.initializers) {
    if (!tensor.name.startsWith('sentiment.')) continue;
    const width = tensor.dims.at(-1) ?? 0;
    const values = [...(tensor.values ?? [])];
    tensor.values = values.flatMap((value, index) => (index % width === width - 1 ? [value, 0] : [value]));
    tensor.dims = [...tensor.dims.slice(0, -1), width + 1];
  }
  for (const output of model.graph.outputs) if (output.name === 'sentiment') output.dims = ['batch', 4];
  return model;
}

/** The same, but the graph states free dimensions: the width is inferred, or seen in a run. */
export function undeclaredLabelCountModel(): OnnxModel {
  const model = wrongLabelCountModel();
  for (const output of model.graph.outputs) output.dims = ['batch', `${output.name}_labels`];
  return model;
}

/** The model asks for an input that voxpop does not know. */
export function unknownInputModel(name = 'position_ids'): OnnxModel {
  const model = withNode({ op: 'Identity', inputs: [name], outputs: ['aside'] });
  model.graph.inputs.push({ name, type: 'int64', dims: ['batch', 'sequence'] });
  return model;
}

/** The output of a task is missing. */
export function missingOutputModel(name = 'topic'): OnnxModel {
  const model = makeModel();
  model.graph.outputs = model.graph.outputs.filter((output) => output.name !== name);
  return model;
}

function foreignNode(domain: string): OnnxNode {
  return { op: 'Mystery', domain, inputs: ['mask'], outputs: ['aside'] };
}

/** The fixture model and one more node, whose result nothing uses. */
function withNode(node: OnnxNode, domain = ''): OnnxModel {
  const model = makeModel();
  model.graph.nodes.push(node);
  if (domain !== '') model.opsets.push({ domain, version: 1 });
  return model;
}

/** Fails in ONNX Runtime on texts with a piece, as a tokenizer that is larger than its model's table does. */
export function modelFailingOn(piece: string): OnnxModel {
  const model = makeModel();
  const rows = initializer(model, 'piece_rows');
  const failing = idOf(piece);
  rows.values = [...(rows.values ?? [])].map((row, id) => (id === failing ? 1_000_000 : row));
  return model;
}

/**
 * Computes for minutes, inside one `run`, on texts with a piece, and nothing more than the fixture model on others:
 * a chain of products of matrices whose size follows from the text.
 */
export function modelSlowOn(piece: string, products = 400, side = 2048): OnnxModel {
  const model = makeModel();
  const { nodes, initializers } = model.graph;
  const slow = idOf(piece);
  const sizes = makePieces().map((_, id) => (id === slow ? side : 1));
  initializers.push({ name: 'sizes', type: 'int64', dims: [sizes.length], values: sizes });
  initializers.push({ name: 'first_row', type: 'int64', dims: [1], values: [0] });
  const chain: OnnxNode[] = [
    { op: 'Gather', inputs: ['sizes', 'input_ids'], outputs: ['size_of_each'] },
    {
      op: 'ReduceMax',
      inputs: ['size_of_each'],
      outputs: ['size'],
      attributes: [{ name: 'keepdims', int: 0 }],
    },
    { op: 'Unsqueeze', inputs: ['size', 'first_row'], outputs: ['side'] },
    {
      op: 'Concat',
      inputs: ['side', 'side'],
      outputs: ['shape'],
      attributes: [{ name: 'axis', int: 0 }],
    },
    { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['product_0'] },
  ];
  for (let at = 1; at <= products; at++) {
    chain.push({ op: 'MatMul', inputs: [`product_${at - 1}`, 'product_0'], outputs: [`product_${at}`] });
  }
  chain.push(
    {
      op: 'ReduceSum',
      inputs: [`product_${products}`],
      outputs: ['nothing'],
      attributes: [{ name: 'keepdims', int: 0 }],
    },
    { op: 'Add', inputs: ['logits_per_vote', 'nothing'], outputs: ['logits_per_vote_slowly'] },
  );
  for (const node of nodes) {
    node.inputs = node.inputs.map((name) => (name === 'logits_per_vote' ? 'logits_per_vote_slowly' : name));
  }
  model.graph.nodes = [...chain, ...nodes];
  return model;
}

/** Asks for more memory than there are addresses for, on texts with a piece. */
export function modelTooLargeOn(piece: string): OnnxModel {
  return modelSlowOn(piece, 0, 2 ** 23);
}

function initializer(model: OnnxModel, name: string): OnnxTensor {
  const found = model.graph.initializers.find((tensor) => tensor.name === name);
  if (found === undefined) throw new Error(`Expected the fixture model to have ${name}`);
  return found;
}

function idOf(text: string): number {
  const id = makePieces().findIndex((piece) => piece.text === text);
  if (id === -1) throw new Error(`Expected the fixture bundle to have a piece ${text}`);
  return id;
}
