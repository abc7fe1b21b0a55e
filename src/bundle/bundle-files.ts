/** Files that every bundle has, by their path in it. */
export const bundleFiles = {
  json: 'bundle.json',
  model: 'model.onnx',
  tokenizer: 'tokenizer.json',
} as const;
