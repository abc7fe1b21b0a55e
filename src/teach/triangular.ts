/** Lower triangular matrices, each in a whole square by rows; what is above the diagonal is not looked at. */

export function dot(
  one: Float64Array,
  oneAt: number,
  other: Float64Array | Float32Array,
  otherAt: number,
  count: number,
): number {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += (one[oneAt + index] as number) * (other[otherAt + index] as number);
  }
  return sum;
}

/** Adds `factor` times the first `count` values of `from` to `to`, from `at` on. */
export function addScaled(
  to: Float64Array,
  at: number,
  from: Float64Array | Float32Array,
  factor: number,
  count: number,
): void {
  for (let index = 0; index < count; index++) {
    to[at + index] = (to[at + index] as number) + factor * (from[index] as number);
  }
}

/** Factor `L` of `matrix + penalty * I = L Lᵀ`. */
export function cholesky(matrix: Float64Array, size: number, penalty: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const rowAt = row * size;
    for (let column = 0; column <= row; column++) {
      const columnAt = column * size;
      const rest = (matrix[rowAt + column] as number) - dot(factor, rowAt, factor, columnAt, column);
      factor[rowAt + column] =
        row === column ? Math.sqrt(rest + penalty) : rest / (factor[columnAt + column] as number);
    }
  }
  return factor;
}

/** Solves `L x = values` in place. */
export function solveLower(factor: Float64Array, size: number, values: Float64Array): void {
  for (let row = 0; row < size; row++) {
    const rest = (values[row] as number) - dot(factor, row * size, values, 0, row);
    values[row] = rest / (factor[row * size + row] as number);
  }
}

/**
 * Squared lengths of the solutions of `L x = values` for many values at once, which reads the factor once for all.
 * @param values float64 [count, size], overwritten
 * @param from where the first value is that is not 0
 */
export function solvedSquares(
  factor: Float64Array,
  size: number,
  values: Float64Array,
  from: number,
): Float64Array {
  const squares = new Float64Array(values.length / size);
  for (let row = from; row < size; row++) {
    const pivot = factor[row * size + row] as number;
    for (let at = 0; at < squares.length; at++) {
      const first = at * size;
      const rest =
        (values[first + row] as number) - dot(factor, row * size + from, values, first + from, row - from);
      const solved = rest / pivot;
      values[first + row] = solved;
      squares[at] = (squares[at] as number) + solved * solved;
    }
  }
  return squares;
}

/** Solves `Lᵀ x = values` in place. */
export function solveUpper(factor: Float64Array, size: number, values: Float64Array): void {
  for (let row = size - 1; row >= 0; row--) {
    const value = (values[row] as number) / (factor[row * size + row] as number);
    values[row] = value;
    addScaled(values, 0, factor.subarray(row * size, row * size + row), -value, row);
  }
}
