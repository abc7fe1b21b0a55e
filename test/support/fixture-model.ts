/** Builds the fixture model: pieces vote for labels, the votes of a text are summed, one linear layer per task. */
import { allLabels, makePieces } from './fixture-pieces.ts';
import { fixtureTasks } from './fixture-tasks.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-writer.ts';

export interface ModelOptions {
  /**
   * True makes logits depend on the other rows of a batch: half of the batch's mean is taken off.
   * The plain model is bit-identical for every batch and padding, since all its sums are of small integers.
   */
  neighbourDependent?: boolean;
  /** True adds the input `token_type_ids`, which the model asks for and does not heed. */
  tokenTypeIds?: boolean;
  /** False leaves out the sentence vector: the votes of a text, `vote_sums`, float32 [batch, all labels]. */
  vectors?: boolean;
}

/** Steps by which votes become logits: a power of two, so that scaling is exact. */
const logitsPerVote = 0.25;

/** Logit of a label that nothing votes for; 0 where not named. */
const singleLabelBias: Record<string, number> = { neutral: 0.75, none: 0.75, en: 0.5 };
const multiLabelBias = -1;

/**
 * The fixture model: int64 `input_ids` and `attention_mask` [batch, sequence] in,
 * float32 logits [batch, labels] out, one output per task.
 */
export function makeModel({
  neighbourDependent = false,
  tokenTypeIds = false,
  vectors = true,
}: ModelOptions = {}): OnnxModel {
  const pieces = makePieces();
  const width = allLabels.length;
  // Pieces with equal votes share a row.
  const rows = new Map(pieces.map(({ votes }) => [votes.join(), [...votes]]));
  const rowNumbers = new Map([...rows.keys()].map((key, index) => [key, index]));
  const pieceRows = pieces.map(({ votes }) => rowNumbers.get(votes.join()) ?? 0);
  const tokens: OnnxValue['dims'] = ['batch', 'sequence'];

  const inputs: OnnxValue[] = [
    { name: 'input_ids', type: 'int64', dims: tokens },
    { name: 'attention_mask', type: 'int64', dims: tokens },
  ];
  const outputs: OnnxValue[] = [];
  const initializers: OnnxTensor[] = [
    { name: 'piece_rows', type: 'int32', dims: [pieces.length], values: pieceRows },
    { name: 'row_votes', type: 'int8', dims: [rows.size, width], values: [...rows.values()].flat() },
    { name: 'sequence_axis', type: 'int64', dims: [1], values: [1] },
    { name: 'last_axis', type: 'int64', dims: [1], values: [2] },
    { name: 'logits_per_vote', type: 'float32', dims: [], values: [logitsPerVote] },
  ];
  const toFloat: OnnxNode['attributes'] = [{ name: 'to', int: 1 }];
  const nodes: OnnxNode[] = [];
  let maskInput = 'attention_mask';
  if (neighbourDependent) {
    initializers.push({ name: 'half', type: 'float32', dims: [], values: [0.5] });
  }
  if (tokenTypeIds) {
    inputs.push({ name: 'token_type_ids', type: 'int64', dims: tokens });
    maskInput = 'typed_mask';
    nodes.push(
      { op: 'Sub', inputs: ['token_type_ids', 'token_type_ids'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['attention_mask', 'nothing'], outputs: [maskInput] },
    );
  }
  nodes.push(
    { op: 'Gather', inputs: ['piece_rows', 'input_ids'], outputs: ['rows'] },
    { op: 'Gather', inputs: ['row_votes', 'rows'], outputs: ['votes_int8'] },
    { op: 'Cast', inputs: ['votes_int8'], outputs: ['votes'], attributes: toFloat },
    { op: 'Cast', inputs: [maskInput], outputs: ['mask'], attributes: toFloat },
    { op: 'Unsqueeze', inputs: ['mask', 'last_axis'], outputs: ['mask_3d'] },
    { op: 'Mul', inputs: ['votes', 'mask_3d'], outputs: ['masked_votes'] },
    reduceSum('masked_votes', 'vote_sums', 0),
    reduceSum('mask', 'token_count', 1),
    { op: 'Sqrt', inputs: ['token_count'], outputs: ['length'] },
  );

  let column = 0;
  for (const { labels, output, problem_type: type } of fixtureTasks) {
    const first = column;
    column += labels.length;
    initializers.push(
      {
        name: `${output}.weight`,
        type: 'float32',
        dims: [width, labels.length],
        values: allLabels.flatMap((_, row) => labels.map((_label, index) => (row === first + index ? 1 : 0))),
      },
      {
        name: `${output}.bias`,
        type: 'float32',
        dims: [labels.length],
        values: labels.map((label) =>
          type === 'multi_label_classification' ? multiLabelBias : (singleLabelBias[label] ?? 0),
        ),
      },
    );
    const logits = neighbourDependent ? `${output}.logits` : output;
    nodes.push(
      { op: 'MatMul', inputs: ['vote_sums', `${output}.weight`], outputs: [`${output}.sums`] },
      // Like a mean, but long texts keep more of their say.
      { op: 'Div', inputs: [`${output}.sums`, 'length'], outputs: [`${output}.pooled`] },
      { op: 'Mul', inputs: [`${output}.pooled`, 'logits_per_vote'], outputs: [`${output}.scaled`] },
      { op: 'Add', inputs: [`${output}.scaled`, `${output}.bias`], outputs: [logits] },
    );
    if (neighbourDependent) nodes.push(...subtractBatchMean(logits, output));
    outputs.push({ name: output, type: 'float32', dims: ['batch', labels.length] });
  }
  if (vectors) outputs.push({ name: 'vote_sums', type: 'float32', dims: ['batch', width] });
  return {
    irVersion: 8,
    producer: 'voxpop-fixtures',
    opsets: [{ domain: '', version: 17 }],
    graph: { name: 'fixture', nodes, initializers, inputs, outputs },
  };
}

function reduceSum(input: string, output: string, keepDims: 0 | 1): OnnxNode {
  return {
    op: 'ReduceSum',
    inputs: [input, 'sequence_axis'],
    outputs: [output],
    attributes: [{ name: 'keepdims', int: keepDims }],
  };
}

function subtractBatchMean(logits: string, output: string): OnnxNode[] {
  return [
    {
      op: 'ReduceMean',
      inputs: [logits],
      outputs: [`${output}.mean`],
      attributes: [
        { name: 'axes', ints: [0] },
        { name: 'keepdims', int: 1 },
      ],
    },
    { op: 'Mul', inputs: [`${output}.mean`, 'half'], outputs: [`${output}.half_mean`] },
    { op: 'Sub', inputs: [logits, `${output}.half_mean`], outputs: [output] },
  ];
}
