import type { InputIdentity } from './input-log.ts';

/** Everything that decides on the bytes of an output. */
export interface RunIdentity {
  voxpop: string;
  bundle: { name: string; version: string; sha256: string };
  inputs: InputIdentity[];
  /** Options that change the output, as resolved. */
  options: Record<string, unknown>;
}

/** What differs between two runs, in words; undefined when the second would write the same bytes. */
export function identityChange(before: RunIdentity, now: RunIdentity): string | undefined {
  if (before.voxpop !== now.voxpop) return `voxpop was ${before.voxpop} and is ${now.voxpop}`;
  if (before.bundle.sha256 !== now.bundle.sha256) {
    const show = (bundle: RunIdentity['bundle']): string =>
      `${bundle.name} ${bundle.version} (${bundle.sha256.slice(0, 12)})`;
    return `the bundle was ${show(before.bundle)} and is ${show(now.bundle)}`;
  }
  const paths = ({ inputs }: RunIdentity): string => inputs.map(({ path }) => path).join(', ');
  if (paths(before) !== paths(now)) return `the input was ${paths(before)} and is ${paths(now)}`;
  for (const [index, input] of now.inputs.entries()) {
    const old = before.inputs[index] as InputIdentity;
    if (old.bytes !== input.bytes) {
      return `the input ${input.path} had ${old.bytes} bytes and has ${input.bytes}`;
    }
    if (old.modifiedMs !== input.modifiedMs) return `the input ${input.path} was modified since`;
  }
  for (const name of new Set([...Object.keys(before.options), ...Object.keys(now.options)])) {
    const [old, current] = [before.options[name], now.options[name]].map((value) => JSON.stringify(value));
    if (old !== current) return `the option ${name} was ${old ?? 'absent'} and is ${current ?? 'absent'}`;
  }
  return undefined;
}
