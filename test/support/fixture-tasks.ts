import { languages } from './fixture-lexicon.ts';

/** A task as `bundle.json` states it. */
export interface FixtureTask {
  name: string;
  problem_type: 'single_label_classification' | 'multi_label_classification';
  labels: string[];
  output: string;
  thresholds?: number[];
}

const topics = [
  'overall',
  'product_quality',
  'service_staff',
  'food_drink',
  'facilities_ambience',
  'price_value',
  'design_features',
  'delivery_timeliness',
  'ease_of_use',
  'loyalty_recommend',
  'location',
  'cleanliness',
  'other',
];

/** The tasks of the fixture bundle; those of the default bundle, in the same order. */
export const fixtureTasks: FixtureTask[] = [
  single('sentiment', ['negative', 'neutral', 'positive']),
  multi(
    'emotion',
    ['anger', 'anticipation', 'disgust', 'fear', 'joy', 'sadness', 'surprise', 'trust'],
    [0.5, 0.55, 0.5, 0.5, 0.5, 0.5, 0.5, 0.45],
  ),
  multi('topic', topics, [0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6]),
  single('actionability', ['none', 'problem', 'suggestion']),
  single('language', [...languages]),
];

/** What the fixture's labels stand for in a report. Its lexicon has no figures of quality. */
export const fixtureReport = {
  roles: {
    negative: { task: 'sentiment', labels: ['negative'] },
    neutral: { task: 'sentiment', labels: ['neutral'] },
    positive: { task: 'sentiment', labels: ['positive'] },
    problem: { task: 'actionability', labels: ['problem'] },
    suggestion: { task: 'actionability', labels: ['suggestion'] },
    topic: { task: 'topic', labels: [] },
    unspecific: { task: 'topic', labels: ['overall', 'other'] },
  },
  names: { topic: { food_drink: 'Food and drink', service_staff: 'Service and staff' } },
};

function single(name: string, labels: string[]): FixtureTask {
  return { name, problem_type: 'single_label_classification', labels, output: name };
}

function multi(name: string, labels: string[], thresholds: number[]): FixtureTask {
  return { name, problem_type: 'multi_label_classification', labels, output: name, thresholds };
}
