import { UsageError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** An engine that runs arrays of jobs, and the variables in which it says which job this is. */
interface Engine {
  name: string;
  /** Variable with the number of the job, which the engine sets in jobs of an array only. */
  index: string;
  resolve: (index: number, env: Environment) => { index: number; of: number };
}

/** Variable with the number of jobs, for engines that do not tell it. */
const countVariable = 'VOXPOP_SHARDS';

const engines: Engine[] = [
  {
    // An Indexed Job does not tell its pods `completions`.
    name: 'Kubernetes',
    index: 'JOB_COMPLETION_INDEX',
    resolve: (index, env) => ({
      index,
      of: countFrom(env, 'Kubernetes', ['JOB_COMPLETIONS', countVariable]),
    }),
  },
  {
    name: 'AWS Batch',
    index: 'AWS_BATCH_JOB_ARRAY_INDEX',
    resolve: (index, env) => ({
      index,
      of: countFrom(env, 'AWS Batch', ['AWS_BATCH_JOB_ARRAY_SIZE', countVariable]),
    }),
  },
  { name: 'Slurm', index: 'SLURM_ARRAY_TASK_ID', resolve: ofSlurm },
];

/**
 * Says which slice a job of an array takes, as `3/16`.
 * @throws UsageError when no engine says it, or two do
 */
export function sliceFromEnvironment(env: Environment): string {
  const found = engines.filter(({ index }) => isSet(env, index));
  const [engine, other] = found;
  if (engine === undefined) {
    const names = engines.map(({ name, index }) => `${index} (${name})`).join(', ');
    throw new UsageError('SHARD_UNKNOWN', `Expected --shard auto to find one of ${names}, found none`, {
      hint: 'It is for jobs of an array; elsewhere name the shard: --shard 3/16.',
    });
  }
  if (other !== undefined) {
    throw new UsageError(
      'SHARD_AMBIGUOUS',
      `Expected --shard auto to find the variables of one engine, found ${engine.index} and ${other.index}`,
      {
        hint: `Name the shard, for example --shard "$${engine.index}/16", or unset what does not belong here.`,
      },
    );
  }
  const { index, of } = engine.resolve(numberFrom(env, engine.index), env);
  if (of >= 1 && index < of) return `${index}/${of}`;
  throw new UsageError(
    'SHARD_INVALID',
    `Expected ${engine.index} to be less than the number of shards, got ${index} of ${of} (${engine.name})`,
    { hint: 'Name the shard: --shard 3/16, counted from 0.' },
  );
}

/** Reads the slice of a Slurm job, whose array may count from 1, as 1-16 does. */
function ofSlurm(id: number, env: Environment): { index: number; of: number } {
  const [first, last] = ['SLURM_ARRAY_TASK_MIN', 'SLURM_ARRAY_TASK_MAX'].map((name) => numberFrom(env, name));
  const of = (last as number) - (first as number) + 1;
  const count = isSet(env, 'SLURM_ARRAY_TASK_COUNT') ? numberFrom(env, 'SLURM_ARRAY_TASK_COUNT') : of;
  if (count === of && id >= (first as number)) return { index: id - (first as number), of };
  throw new UsageError(
    'SHARD_INVALID',
    `Expected --shard auto to find a Slurm array without gaps, such as 0-15, found task ${id} of ${count} from ${first} to ${last}`,
    { hint: 'Name the shard: --shard 3/16, counted from 0.' },
  );
}

function countFrom(env: Environment, engine: string, names: string[]): number {
  const name = names.find((each) => isSet(env, each));
  if (name !== undefined) return numberFrom(env, name);
  throw new UsageError(
    'SHARD_COUNT_UNKNOWN',
    `Expected --shard auto to find the number of shards in ${names.join(' or ')} (${engine}), found none`,
    { hint: `Set it in the environment of the job, for example ${countVariable}=16.` },
  );
}

function numberFrom(env: Environment, name: string): number {
  const text = env[name] ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(
    'SHARD_INVALID',
    `Expected ${name} to be a whole number for --shard auto, got ${text === '' ? 'nothing' : text}`,
  );
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '') !== '';
}
