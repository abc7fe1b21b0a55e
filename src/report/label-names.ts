import { type LabelFacts, languageTask } from '../label-facts.ts';
import { capital, humanLabel } from './words.ts';

/** Gives labels and values of columns the names that people know them by. */
export class LabelNames {
  readonly #names: Map<string, Map<string, string>>;
  readonly #languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

  constructor({ names }: Pick<LabelFacts, 'names'>) {
    this.#names = new Map(Object.entries(names).map(([task, own]) => [task, new Map(Object.entries(own))]));
  }

  /** `food_drink` becomes `Food and drink` where the bundle tells, and `Food drink` where it does not. */
  label(task: string, label: string): string {
    const known = this.#names.get(task)?.get(label);
    return known ?? capital(task === languageTask ? this.language(label) : humanLabel(label));
  }

  /** `de` becomes `German`; what is no code of a language stays. */
  language(code: string): string {
    if (!/^[a-z]{2,3}([-_][a-z\d]{2,8})*$/iu.test(code)) return code;
    try {
      return this.#languages.of(code.replaceAll('_', '-')) ?? code;
    } catch {
      return code;
    }
  }
}
