/** Threads of this process that do not end when they are told to: they compute in native code. */
let stuck = 0;

export function noteStuckThread(): void {
  stuck++;
}

/** Whether the process cannot end in the usual way, since it would wait for such a thread. */
export function hasStuckThreads(): boolean {
  return stuck > 0;
}
