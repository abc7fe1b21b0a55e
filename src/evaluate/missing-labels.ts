import { getOrInsert } from '../collections.ts';
import { isMissingMark } from '../text/non-answers.ts';
import { counted } from '../text/numbers.ts';

/** Counts marks of programs for a missing value, such as `N/A`, that stand in place of a label. */
export class MissingLabels {
  readonly #marks = new Map<string, Map<string, number>>();

  /**
   * Labels of a cell without such marks; undefined if nothing else is in it.
   * @param isLabel whether a name is a label all the same
   */
  drop(
    column: string,
    names: string[] | undefined,
    isLabel: (name: string) => boolean,
  ): string[] | undefined {
    const marks = names?.filter((name) => !isLabel(name) && isMissingMark(name)) ?? [];
    if (marks.length === 0) return names;
    const counts = getOrInsert(this.#marks, column, () => new Map<string, number>());
    for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1);
    const others = names?.filter((name) => !marks.includes(name)) ?? [];
    return others.length === 0 ? undefined : others;
  }

  /** A sentence for each column with such marks. */
  notices(): string[] {
    return [...this.#marks].map(([column, counts]) => {
      const cells = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const marks = [...counts.keys()].map((mark) => `\`${mark}\``).join(', ');
      return `\`${column}\`: ${counted(cells, 'cell')} with ${marks} ${cells === 1 ? 'counts' : 'count'} as empty, not as a label`;
    });
  }
}
