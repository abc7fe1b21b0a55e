import { writeFileSync } from 'node:fs';
import { DatabaseSync as Original } from '@photostructure/sqlite';

const killAt = Number(process.env['VOXPOP_KILL_AT_STATEMENT'] ?? Infinity);
const countTo = process.env['VOXPOP_COUNT_TO'];
let statements = 0;

function count(): void {
  if (++statements < killAt) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing else may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

if (countTo !== undefined) {
  process.on('exit', () => {
    // Other threads have the module, too, and write nothing.
    if (statements > 0) writeFileSync(countTo, String(statements));
  });
}

type Method = (...args: unknown[]) => unknown;

/** An object whose methods of these names are counted. */
function counting<Value extends object>(value: Value, names: string[]): Value {
  return new Proxy(value, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (names.includes(name as string)) count();
        const result = (member as Method).apply(target, args);
        return name === 'prepare' ? counting(result as object, ['run']) : result;
      };
    },
  });
}

/** As the package's, but counting what is written. */
export const DatabaseSync = new Proxy(Original, {
  construct: (target, args: ConstructorParameters<typeof Original>) =>
    counting(new target(...args), ['exec']),
});
