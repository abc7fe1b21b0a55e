import { ValueLimit } from '../scored/column-groups.ts';

/** Numbers for labels, in order of appearance: counting by number is what makes a million rows quick. */
export class LabelIds {
  readonly names: { task: number; label: string }[] = [];
  readonly #ids: Map<string, number>[];
  /** A file can only have so many labels, whatever was taken for a task. */
  readonly #limits: ValueLimit[];

  constructor(tasks: number) {
    this.#ids = Array.from({ length: tasks }, () => new Map());
    this.#limits = this.#ids.map(() => new ValueLimit());
  }

  id(task: number, label: string): number {
    const ids = this.#ids[task] as Map<string, number>;
    const known = ids.get(label);
    if (known !== undefined) return known;
    const name = this.#limits[task]?.admit(label) as string;
    const id = ids.get(name) ?? this.names.length;
    if (id === this.names.length) this.names.push({ task, label: name });
    ids.set(name, id);
    return id;
  }

  of(task: number): number[] {
    return this.names.flatMap((name, id) => (name.task === task ? [id] : []));
  }
}

/** Larger than any number of labels that `LabelIds` lets in for the tasks of one file. */
export const pairFactor = 1 << 20;

export function increase<Key>(counts: Map<Key, number>, key: Key, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
