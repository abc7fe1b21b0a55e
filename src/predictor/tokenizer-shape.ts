import { type AddedToken, type Json, stepsOf } from './tokenizer-json.ts';
import { schemeOf } from './unigram.ts';

/** The tokenizers that get the ids of the reference, as errors name them. */
const supportedShapes =
  'Unigram (without byte_fallback) with WhitespaceSplit, with Metaspace (prepend_scheme always or never), or with the ' +
  'one before the other; WordPiece with BertPreTokenizer; BPE (without dropout, prefix, suffix, byte_fallback) with Split ' +
  '(Isolated), ByteLevel, or the one before the other';

export type ModelType = 'Unigram' | 'WordPiece' | 'BPE';

/**
 * Refuses a tokenizer of another shape than those that were compared with the Rust `tokenizers`: it would run, and
 * some texts would have other ids than the model was trained with.
 * @param tokenizer parsed `tokenizer.json`
 * @returns type of its model
 * @throws Error in words
 */
export function requireSupportedShape(tokenizer: Json): ModelType {
  const model = tokenizer['model'] as Json | null | undefined;
  const type = modelType(model);
  const found =
    type === undefined
      ? `the model ${String(model?.['type'])}`
      : (unsupportedOption(type, model as Json) ?? unsupportedSteps(type, tokenizer));
  if (type === undefined || found !== undefined)
    throw new Error(`expected ${supportedShapes}; found ${found}`);
  requireIds(model?.['vocab']);
  for (const token of addedTokensOf(tokenizer)) {
    if (typeof token.content !== 'string' || token.content === '' || !isId(token.id))
      throw new Error(`expected added tokens with content and id, found ${JSON.stringify(token)}`);
  }
  return type;
}

export function addedTokensOf(tokenizer: Json): AddedToken[] {
  return (tokenizer['added_tokens'] ?? []) as AddedToken[];
}

/** Files that were saved long ago state no type. */
function modelType(model: Json | null | undefined): ModelType | undefined {
  const type = model?.['type'];
  if (type === 'Unigram' || type === 'WordPiece' || type === 'BPE') return type;
  if (type !== undefined || model === null || model === undefined) return undefined;
  if (Array.isArray(model['vocab'])) return 'Unigram';
  if (Array.isArray(model['merges'])) return 'BPE';
  return model['max_input_chars_per_word'] === undefined ? undefined : 'WordPiece';
}

function unsupportedOption(type: ModelType, model: Json): string | undefined {
  if (type === 'Unigram') {
    const { unk_id: unknown, vocab } = model;
    if (!Array.isArray(vocab)) return 'Unigram without a list of pieces';
    if (!isId(unknown) || unknown >= vocab.length) return `Unigram with unk_id ${JSON.stringify(unknown)}`;
  }
  const options = {
    Unigram: ['byte_fallback'],
    WordPiece: [],
    BPE: ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'byte_fallback'],
  }[type];
  const used = options.find((option) => Boolean(model[option]));
  return used === undefined ? undefined : `${type} with ${used} ${JSON.stringify(model[used])}`;
}

function unsupportedSteps(type: ModelType, tokenizer: Json): string | undefined {
  const steps = stepsOf(tokenizer['pre_tokenizer'], 'pretokenizers');
  const found = steps.map(describe).join(', ') || 'no pre-tokenizer';
  const isSupported = {
    Unigram: () => /^(WhitespaceSplit|(WhitespaceSplit, )?Metaspace (always|never))$/.test(found),
    WordPiece: () => found === 'BertPreTokenizer',
    // With its prefix, a ByteLevel that is not the first would put a space before every part.
    BPE: () => /^(Split Isolated(, ByteLevel)?|ByteLevel( with prefix)?)$/.test(found),
  }[type]();
  return isSupported ? undefined : `${type} with ${found}`;
}

/** A step with those of its options that decide. */
function describe(step: Json): string {
  const type = String(step['type']);
  switch (type) {
    case 'Metaspace':
      return (step['replacement'] ?? '\u2581') === '\u2581'
        ? `Metaspace ${String(schemeOf(step))}`
        : `Metaspace of ${JSON.stringify(step['replacement'])}`;
    case 'Split':
      return step['invert'] === true ? 'Split inverted' : `Split ${String(step['behavior'])}`;
    case 'ByteLevel':
      return step['add_prefix_space'] === true ? 'ByteLevel with prefix' : type;
    default:
      return type;
  }
}

function requireIds(vocab: unknown): void {
  if (Array.isArray(vocab)) return;
  if (typeof vocab !== 'object' || vocab === null) throw new Error('expected a vocabulary, found none');
  for (const [piece, id] of Object.entries(vocab)) {
    if (!isId(id))
      throw new Error(
        `expected an id for the piece ${piece}, found ${typeof id === 'number' ? id : typeof id}`,
      );
  }
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}
