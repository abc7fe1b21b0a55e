import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Cores that this process may keep busy: those it may run on, or fewer where its control group is given less time,
 * as containers are. Node looks at the former only.
 * @param cgroups where control groups (version 2) are mounted
 * @param self what says which group this process is in
 */
export function availableCores(cgroups = '/sys/fs/cgroup', self = '/proc/self/cgroup'): number {
  const cores = availableParallelism();
  let group: string | undefined;
  try {
    group = /^0::(\/.*)$/m.exec(readFileSync(self, 'utf8'))?.[1];
  } catch {
    // No Linux.
  }
  if (group === undefined) return cores;
  let quota = cores;
  // A group's limit holds for all groups inside it.
  for (let path = group; ; path = path.slice(0, path.lastIndexOf('/'))) {
    quota = Math.min(quota, quotaOf(`${cgroups}${path}/cpu.max`));
    if (path === '' || path === '/') break;
  }
  return Math.max(1, Math.floor(quota));
}

/**
 * Cores that a control group grants, from a file like `150000 100000`: microseconds of a core's time in each period.
 */
function quotaOf(file: string): number {
  try {
    const [time, period] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    const cores = (time as number) / (period as number);
    return cores > 0 ? cores : Infinity;
  } catch {
    return Infinity;
  }
}
