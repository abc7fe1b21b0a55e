import { csvLines } from '../../src/records/plain-table.ts';

/** Comments that a company could have sorted by department, in words that the fixture bundle knows. */
const comments: Record<string, string[]> = {
  Kitchen: [
    'The food was bad',
    'Great food',
    'Das Essen war schlecht',
    'Delicious meal',
    'food cold',
    'nice dinner',
  ],
  Shipping: [
    'Delivery was late',
    'slow delivery',
    'Delivery on time',
    'Lieferung zu spät',
    'late again',
    'delivery fast',
  ],
  'Front desk': [
    'Friendly staff',
    'rude staff',
    'Great service and friendly staff',
    'staff was great',
    'bad staff',
    'Personal war toll',
  ],
};

const endings = ['', ' today', ' last week', ', really'];

/** Rows of `comment` and `Department`: 24 for each of three departments, no text twice. */
export function departmentRows(): [comment: string, department: string][] {
  return endings.flatMap((ending) =>
    Object.entries(comments).flatMap(([department, texts]) =>
      texts.map((text): [string, string] => [text + ending, department]),
    ),
  );
}

export function departmentCsv(change: (rows: string[][]) => void = () => {}): string {
  const rows: string[][] = [['comment', 'Department'], ...departmentRows()];
  change(rows);
  return csvLines(rows);
}
