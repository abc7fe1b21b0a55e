import type { Span } from '../text/sentences.ts';

/** A part of a text, and how much of a label it carries: by how much the label's log-odds fall without it. */
export interface CarryingPart extends Span {
  text: string;
  weight: number;
}

/**
 * A label of a text, and the words that carried it, in their order in the text. There are none where the label stays
 * whatever is left out: that something is not mentioned is said by no word.
 */
export interface ExplainedLabel {
  task: string;
  label: string;
  parts: CarryingPart[];
}
