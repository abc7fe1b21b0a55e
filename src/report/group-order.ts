import { isUntold } from '../scored/column-groups.ts';

/** Values that have an order of their own, from low to high. */
const scales = [
  ['strongly disagree', 'disagree', 'neither agree nor disagree', 'neutral', 'agree', 'strongly agree'],
  ['very dissatisfied', 'dissatisfied', 'neutral', 'satisfied', 'very satisfied'],
  ['very unlikely', 'unlikely', 'neutral', 'likely', 'very likely'],
  ['never', 'rarely', 'sometimes', 'often', 'always'],
  ['very poor', 'poor', 'fair', 'average', 'good', 'very good', 'excellent'],
  ['detractor', 'passive', 'promoter'],
  ['detractors', 'passives', 'promoters'],
  ['very low', 'low', 'medium', 'high', 'very high'],
  ['xs', 's', 'm', 'l', 'xl', 'xxl'],
  ['small', 'medium', 'large'],
  ['intern', 'junior', 'mid', 'senior', 'lead', 'principal'],
  ['bronze', 'silver', 'gold', 'platinum'],
  ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  ['q1', 'q2', 'q3', 'q4'],
  'january february march april may june july august september october november december'.split(' '),
  'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
];

/**
 * The place of each value where values have an order: numbers, ranges such as `18-24` or `65+`, and usual scales.
 * Undefined where they have none.
 */
export function groupOrder(values: readonly string[]): Map<string, number> | undefined {
  const told = values.filter((value) => !isUntold(value));
  if (told.length < 2) return undefined;
  const plain = told.map((value) => value.trim().toLowerCase());
  const scale = scales.find((each) => plain.every((value) => each.includes(value)));
  const places = scale === undefined ? plain.map(numberIn) : plain.map((value) => scale.indexOf(value));
  if (places.some((place) => place === undefined)) return undefined;
  const order = new Map(told.map((value, at) => [value, places[at] as number]));
  for (const value of values) if (!order.has(value)) order.set(value, Infinity);
  return order;
}

/** The number that a value begins with, or that stands behind a word or a sign, as in `under 18`, `<18`, `2-5 years`. */
function numberIn(value: string): number | undefined {
  const found = /^(?<less><|≤|under |below |less than |up to )?[^\d]{0,12}?(?<number>\d+(?:[.,]\d+)?)/u.exec(
    value,
  );
  if (found?.groups?.['number'] === undefined) return undefined;
  // Other values with many letters hold numbers by chance, as names of products do.
  if ((value.match(/\p{L}/gu)?.length ?? 0) > 12) return undefined;
  const number = Number(found.groups['number'].replace(',', '.'));
  return found.groups['less'] === undefined ? number : number - 0.5;
}
