import { count } from './numbers.ts';

/** What became of rows since an earlier file. */
export interface ChangeFigures {
  new: number;
  changed: number;
  unchanged: number;
  /** Keys that came up no more; null when not all rows were read, undefined as long as they are. */
  deleted?: number | null;
}

/** The same in words; nothing where no rows are compared. */
export function changeWords(figures: ChangeFigures | undefined): string[] {
  if (figures === undefined) return [];
  const { deleted } = figures;
  return [
    `${count(figures.new)} new`,
    `${count(figures.changed)} changed`,
    `${count(figures.unchanged)} unchanged`,
    ...(typeof deleted === 'number' ? [`${count(deleted)} deleted`] : []),
  ];
}

/** The same for events. */
export function changeFields(figures: ChangeFigures | undefined): object {
  if (figures === undefined) return {};
  const { changed, unchanged, deleted } = figures;
  return { changes: { new: figures.new, changed, unchanged, ...(deleted === undefined ? {} : { deleted }) } };
}
