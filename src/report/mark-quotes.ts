import type { CommentModel } from './comment-model.ts';
import type { ReportDocument, SampleText } from './report-document.ts';

/** Groups of suggestions and questions, and topics, whose comments are marked: those that a page shows. */
const markedGroups = 8;
const markedTopics = 6;

/** Marks in the comments that are shown the words that carried what they are shown for. */
export async function markQuotes(document: ReportDocument, model: CommentModel): Promise<void> {
  const { roles, fix, loves, suggestions, questions } = document;
  const wanted: { sample: SampleText; text: string; task: string; label: string }[] = [];
  const add = (sample: SampleText, task: string | undefined, label: string | undefined): void => {
    if (task !== undefined && label !== undefined) wanted.push({ sample, text: sample.text, task, label });
  };
  for (const { topic, quotes } of [...fix.slice(0, markedTopics), ...loves.slice(0, markedTopics)]) {
    for (const sample of quotes) add(sample, roles.topic?.task, topic);
  }
  const asked = [
    [suggestions, roles.suggestion],
    [questions, roles.question],
  ] as const;
  for (const [{ groups }, role] of asked) {
    for (const { quotes } of groups.slice(0, markedGroups)) {
      for (const sample of quotes) {
        const said = sample.labels[role?.task ?? '']?.find(({ label }) => role?.labels.includes(label));
        add(sample, role?.task, said?.label);
      }
    }
  }
  const marks = await model.marks(wanted);
  for (const [place, { sample }] of wanted.entries()) {
    if ((marks[place]?.length ?? 0) > 0) sample.marks = marks[place] ?? [];
  }
}
