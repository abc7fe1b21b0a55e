import { sentimentRoles } from '../label-facts.ts';
import { increase, pairFactor } from './label-ids.ts';

/** Roles that texts and topics are counted by; `focus` is what groups and periods are compared by. */
export const countedRoles = [...sentimentRoles, 'problem', 'suggestion', 'question', 'focus'] as const;
export type CountedRole = (typeof countedRoles)[number];

/** Who a comment is by, as its topics tell. */
export type Audience = 'employees' | 'customers' | 'either';

/** Number that texts with a role are counted under; numbers from 0 are labels. */
export function roleMark(role: CountedRole): number {
  return -1 - countedRoles.indexOf(role);
}

/** Number that texts on a topic with a role are counted under. */
export function topicMark(topic: number, role: CountedRole): number {
  return (countedRoles.indexOf(role) + 1) * pairFactor + topic;
}

/** Texts of one group by label, by role, and by topic and role. */
export class Counts {
  texts = 0;
  readonly #counts = new Map<number, number>();

  add(marks: readonly number[]): void {
    this.texts++;
    for (const mark of marks) increase(this.#counts, mark);
  }

  addAll(other: Counts): void {
    this.texts += other.texts;
    for (const [mark, texts] of other.#counts) increase(this.#counts, mark, texts);
  }

  label(id: number): number {
    return this.#counts.get(id) ?? 0;
  }

  role(role: CountedRole): number {
    return this.#counts.get(roleMark(role)) ?? 0;
  }

  topic(topic: number, role: CountedRole): number {
    return this.#counts.get(topicMark(topic, role)) ?? 0;
  }
}
