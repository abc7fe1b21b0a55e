/**
 * Preloaded with `node --import`: kills its process with SIGKILL before the statement of SQLite with the number
 * VOXPOP_KILL_AT_STATEMENT, of those that write or end a transaction. Without a number, how many there were is
 * written to VOXPOP_COUNT_TO. `counted-sqlite.ts` takes the place of the package, whose classes cannot be changed.
 */
import { register } from 'node:module';

const counted = new URL('./counted-sqlite.js', import.meta.url).href;
const hooks = `
export async function resolve(specifier, context, next) {
  if (specifier !== '@photostructure/sqlite' || context.parentURL === ${JSON.stringify(counted)}) {
    return next(specifier, context);
  }
  return { url: ${JSON.stringify(counted)}, shortCircuit: true };
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
