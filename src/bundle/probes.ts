import type { BundleTask } from './bundle-json.ts';
import { JsonChecker, show } from './json-checker.ts';
import { parseJson } from './parse-json.ts';

/** A text with what the reference made of it, which `model verify` compares with. */
export interface Probe {
  text: string;
  /** Token ids, special tokens included. */
  ids: number[];
  /** Logits by ONNX output, in label order. */
  logits: Record<string, number[]>;
}

/** `probes.json`, checked. */
export interface Probes {
  /** Largest difference of a logit that rounding explains. */
  tolerance: number;
  probes: Probe[];
}

const maxProbes = 10_000;

/**
 * Reads a `probes.json`.
 * @param tasks of the bundle; every probe has logits for all of their outputs
 * @param where path to name in errors
 * @throws BundleError naming the key, what was expected and what was found
 */
export function parseProbes(bytes: Buffer, tasks: readonly BundleTask[], where: string): Probes {
  const check = new JsonChecker(where, 'PROBES_INVALID');
  const json = check.object(parseJson(bytes, where, 'PROBES_INVALID'), 'the top level');
  const tolerance = json['tolerance'];
  if (typeof tolerance !== 'number' || !(tolerance >= 0))
    check.fail('tolerance', 'a number of at least 0', show(tolerance));
  const list = check.array(json, 'probes');
  check.atMost(list.length, maxProbes, 'probes', 'probes');
  if (list.length === 0) check.fail('probes', 'at least one probe', 'none');
  const probes = list.map((value, index) => {
    const at = `probes[${index}].`;
    const probe = check.object(value, `probes[${index}]`);
    const logits = check.object(probe['logits'], `${at}logits`);
    return {
      text: check.string(probe, 'text', at),
      ids: check.numbers(probe, 'ids', at),
      logits: Object.fromEntries(
        tasks.flatMap(({ output, labels }) => {
          if (output === undefined) return [];
          const values = check.numbers(logits, output, `${at}logits.`);
          if (values.length !== labels.length)
            check.fail(`${at}logits.${output}`, `${labels.length} logits`, `${values.length}`);
          return [[output, values]];
        }),
      ),
    };
  });
  return { tolerance: tolerance as number, probes };
}
