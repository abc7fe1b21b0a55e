import { type Tensor, TensorFile } from './tensor-file.ts';

/**
 * Directions in which the sentence vectors of translations of one text differ most, so that they tell languages apart
 * more than what is said, and how much of a vector is kept along each.
 */
export interface Directions {
  /** Each of length 1 and at right angles to the others, float32 [directions, size]. */
  axes: Float32Array;
  /** 0 to 1, float32 [directions]. */
  kept: Float32Array;
}

const names = { axes: 'directions', kept: 'directions_kept' } as const;

export function directionTensors({ axes, kept }: Directions): Tensor[] {
  return [
    { name: names.axes, dims: [kept.length, axes.length / kept.length], values: axes },
    { name: names.kept, dims: [kept.length], values: kept },
  ];
}

/** Directions among the tensors of a file; undefined where there are none. */
export function readDirections(file: TensorFile, size: number): Directions | undefined {
  const count = file.lengthOf(names.axes, size);
  if (count === undefined || count === 0) return undefined;
  return { axes: file.floats(names.axes, count, size), kept: file.floats(names.kept, count) };
}

/**
 * Reads the directions that a bundle has for its sentence vectors.
 * @param where path to name in errors
 * @throws BundleError when they are missing, have another shape, or hold values that are not finite
 */
export function parseDirections(bytes: Uint8Array, size: number, where: string): Directions {
  const file = new TensorFile(bytes, where);
  // Asks for what is missing by name.
  return readDirections(file, size) ?? { axes: file.floats(names.axes, 1, size), kept: new Float32Array() };
}
