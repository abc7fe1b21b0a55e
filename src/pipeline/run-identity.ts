import { optionFlag, optionWords } from '../text/option-flag.ts';
import type { InputIdentity } from './input-log.ts';

/** Everything that decides on the bytes of an output. */
export interface RunIdentity {
  voxpop: string;
  bundle: { name: string; version: string; sha256: string };
  inputs: InputIdentity[];
  /** Options that change the output, as resolved. */
  options: Record<string, unknown>;
}

/** What differs between two runs. */
export interface IdentityChange {
  /** As the end of a sentence: `the option scores was "top" and is "none"`. */
  words: string;
  /** What to give so that it does not differ; undefined when nothing brings it back. */
  wayBack: string | undefined;
}

/** Undefined when the second run would write the same bytes. */
export function identityChange(before: RunIdentity, now: RunIdentity): IdentityChange | undefined {
  if (before.voxpop !== now.voxpop) {
    return { words: `voxpop was ${before.voxpop} and is ${now.voxpop}`, wayBack: undefined };
  }
  if (before.bundle.sha256 !== now.bundle.sha256) {
    const show = (bundle: RunIdentity['bundle']): string =>
      `${bundle.name} ${bundle.version} (${bundle.sha256.slice(0, 12)})`;
    const words = `the bundle was ${show(before.bundle)} and is ${show(now.bundle)}`;
    return { words, wayBack: 'give that bundle with `--model`' };
  }
  const paths = ({ inputs }: RunIdentity): string => inputs.map(({ path }) => path).join(', ');
  if (paths(before) !== paths(now)) {
    const words = `the input was ${paths(before)} and is ${paths(now)}`;
    return { words, wayBack: `score ${paths(before)}` };
  }
  const words = changedInput(before.inputs, now.inputs);
  return words === undefined ? optionsChange(before.options, now.options) : { words, wayBack: undefined };
}

function changedInput(before: InputIdentity[], now: InputIdentity[]): string | undefined {
  for (const [index, input] of now.entries()) {
    const old = before[index] as InputIdentity;
    if (old.bytes !== input.bytes) {
      return `the input ${input.path} had ${old.bytes} bytes and has ${input.bytes}`;
    }
    if (old.modifiedMs !== input.modifiedMs) return `the input ${input.path} was modified since`;
  }
  return undefined;
}

function optionsChange(
  before: RunIdentity['options'],
  now: RunIdentity['options'],
): IdentityChange | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (changed.length === 0) return undefined;
  const words = changed.map((name) => {
    const [old, current] = [before[name], now[name]].map((value) => JSON.stringify(value) ?? 'absent');
    return `the option ${name} was ${old} and is ${current}`;
  });
  const back = changed.map((name) => {
    const old = before[name];
    const isGiven = old !== undefined && old !== null && old !== false;
    if (!isGiven) return `leave out \`${optionFlag(name)}\``;
    const typed = optionWords(name, old);
    return typed === undefined ? `give \`${optionFlag(name)}\` as before` : `give \`${typed}\``;
  });
  return { words: words.join(', and '), wayBack: back.join(' and ') };
}
