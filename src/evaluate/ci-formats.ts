import type { EvaluationDocument, GateResult } from './evaluation-document.ts';
import { gatePlace } from './evaluation-text.ts';
import { printable } from '../text/printable.ts';
import { figure } from '../text/numbers.ts';

/** Gates as JUnit XML, a test case each, as every CI service reads it. */
export function junitXml({ bundle, gates }: EvaluationDocument): string {
  const failures = gates.filter(({ passed }) => !passed).length;
  const cases = gates.map((gate) => {
    const name = `${gate.task}.${gate.metric} (${gatePlace(gate)})`;
    const start = `    <testcase classname="voxpop.${xml(gate.task)}" name="${xml(name)}"`;
    if (gate.passed) return `${start}/>\n`;
    return `${start}>\n      <failure message="${xml(gateMessage(gate))}"/>\n    </testcase>\n`;
  });
  const counts = `tests="${gates.length}" failures="${failures}" errors="0"`;
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n` +
    `  <testsuite name="voxpop evaluate ${xml(bundle.name)} ${xml(bundle.version)}" ${counts}>\n` +
    `${cases.join('')}  </testsuite>\n</testsuites>\n`
  );
}

/** Failed gates as workflow commands, which GitHub shows on the run and the pull request. */
export function githubAnnotations({ gates }: EvaluationDocument): string {
  return gates
    .filter(({ passed }) => !passed)
    .map(
      (gate) =>
        `::error title=${property(printable(`voxpop ${gate.task}`))}::${data(printable(gateMessage(gate)))}\n`,
    )
    .join('');
}

/** Says in one sentence what a gate found. */
export function gateMessage(gate: GateResult): string {
  const before = gate.before === undefined ? '' : `, was ${figure(gate.before)}`;
  const place = gatePlace(gate);
  return `${gate.task}.${gate.metric} is ${figure(gate.measured)}${before}, required is ${figure(gate.required)} (${gate.gate}, ${place}, ${gate.rows} rows)`;
}

/** Without the characters that XML 1.0 cannot hold at all. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '\ufffd')
    .replaceAll(/[&<>"'\n\r\t]/gu, (character) => `&#${character.codePointAt(0)};`);
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
