/** Process exit codes of the `voxpop` command; the only place they are defined. */
export const exitCodes = {
  /** All rows accounted for, or the reader of stdout went away. */
  ok: 0,
  /** Failed while running; the same command may be tried again. */
  failed: 1,
  /** Usage, input format or bundle wrong; trying again does not help. */
  usage: 2,
  /** More rows were rejected than allowed. */
  rejects: 3,
  /** A quality gate failed: a result, not an error. */
  gate: 4,
  /** The terminal went away: SIGHUP. */
  hungUp: 129,
  /** Interrupted by SIGINT. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/** Codes of commands that a signal ended, as help names them. */
export const interruptedCodes = [exitCodes.hungUp, exitCodes.interrupted, exitCodes.terminated].join('/');

export interface VoxpopErrorOptions {
  /** A full sentence that says what the user can do next. */
  hint?: string | undefined;
  /** Everything that is wrong, one line each, where there may be several things. */
  details?: readonly string[];
  cause?: unknown;
}

/** Base of every error that voxpop throws on purpose. */
export class VoxpopError extends Error {
  /** Stable identifier, for example `TEXT_COLUMN_NOT_FOUND`; messages may change, codes do not. */
  readonly code: string;
  readonly exitCode: number;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(code: string, exitCode: number, message: string, options: VoxpopErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/** The command line or the library call is wrong. */
export class UsageError extends VoxpopError {
  constructor(code: string, message: string, options?: VoxpopErrorOptions) {
    super(code, exitCodes.usage, message, options);
  }
}

export interface InputLocation {
  /** Path as given, `-` for stdin. */
  file?: string | undefined;
  /** Line of the file, from 1. */
  line?: number | undefined;
  /** Field of a delimited record, or character of a JSON line, from 1. */
  column?: number | undefined;
}

/** The input is not what it should be; says where. */
export class InputError extends VoxpopError {
  readonly location: InputLocation;

  constructor(code: string, message: string, location: InputLocation, options?: VoxpopErrorOptions) {
    const { file, line, column } = location;
    const where = [file, line, column].filter((part) => part !== undefined).join(':');
    super(code, exitCodes.usage, where === '' ? message : `${where}: ${message}`, options);
    this.location = location;
  }
}

/** A bundle is missing, damaged or not safe to load. */
export class BundleError extends VoxpopError {
  constructor(code: string, message: string, options?: VoxpopErrorOptions) {
    super(code, exitCodes.usage, message, options);
  }
}

/** The model failed on rows that were read well. */
export class PredictError extends VoxpopError {
  constructor(code: string, message: string, options?: VoxpopErrorOptions) {
    super(code, exitCodes.failed, message, options);
  }
}

/** More rows were rejected than allowed. */
export class RejectsError extends VoxpopError {
  constructor(code: string, message: string, options?: VoxpopErrorOptions) {
    super(code, exitCodes.rejects, message, options);
  }
}

/** The output could not be written: full disk, missing permission. */
export class OutputError extends VoxpopError {
  constructor(code: string, message: string, options?: VoxpopErrorOptions) {
    super(code, exitCodes.failed, message, options);
  }
}

/** A quality gate failed. Everything worked: this is how the command line ends with exit code 4, and no error. */
export class GateFailed extends VoxpopError {
  constructor(message: string) {
    super('GATE_FAILED', exitCodes.gate, message);
  }
}

/** How the system, Node and zlib say that memory is short. */
const memoryCodes = new Set(['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'Z_MEM_ERROR']);

/** How V8 and ONNX Runtime say it. */
const memoryWords =
  /^Array buffer allocation failed$|std::bad_alloc|Failed to allocate memory for requested buffer/;

/** Says that memory was short, where that is what an error comes of: neither a row nor a bundle is to blame then. */
export function memoryShortage(error: unknown): VoxpopError | undefined {
  for (let found = error; found instanceof Error; found = found.cause) {
    // Its own words may quote a file.
    if (found instanceof VoxpopError) continue;
    const { code, message: words } = found as Error & { code?: string };
    if (!memoryCodes.has(code ?? '') && !memoryWords.test(words)) continue;
    const message = `Expected enough memory to go on, found too little: ${words}`;
    const hint = 'Give the process more memory, or try fewer workers: `--workers 1`.';
    return new VoxpopError('OUT_OF_MEMORY', exitCodes.failed, message, { hint, cause: error });
  }
  return undefined;
}
