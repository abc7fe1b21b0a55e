import { type AST, RegExpParser } from '@eslint-community/regexpp';

/** Longer patterns are not read; those of real tokenizers have a few hundred characters. */
const maxPatternLength = 10_000;

/** Ways in which a pattern may match at one place, not counting how often something repeats without bound. */
const maxWays = 1000;

/** The same where something repeats without bound: there every way costs as much as the text is long. */
const maxWaysWithRepetition = 8;

interface Cost {
  /** Ways to match at one place, at most. */
  ways: number;
  /** Whether something repeats without bound. */
  repeats: boolean;
}

const one: Cost = { ways: 1, repeats: false };

/**
 * Says why a tokenizer's regular expression cannot be used, and nothing for one that can.
 *
 * It must not take long on any text: at every place it may try a bounded number of ways, with at most one
 * repetition without bound in each. That is seen in the pattern alone, so some harmless patterns are refused, and
 * no harmful one passes. And it must find what it finds in the reference's engine (Oniguruma), so it may not hold
 * what means something else there. Patterns of byte-level BPE tokenizers (GPT-2's) and lists of characters
 * with a repetition pass.
 */
export function whyUnfit(pattern: string): string | undefined {
  if (pattern.length > maxPatternLength) return `it has more than ${maxPatternLength} characters`;
  try {
    const parsed = new RegExpParser().parsePattern(pattern, 0, pattern.length, { unicode: true });
    anyOf(parsed.alternatives);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function anyOf(alternatives: readonly AST.Alternative[]): Cost {
  const costs = alternatives.map(({ elements }) => inTurn(elements.map(costOf)));
  return limited({
    ways: costs.reduce((sum, { ways }) => sum + ways, 0),
    repeats: costs.some(({ repeats }) => repeats),
  });
}

function inTurn(costs: readonly Cost[]): Cost {
  const repetitions = costs.filter(({ repeats }) => repeats).length;
  if (repetitions > 1) throw new Error('two repetitions without bound follow each other');
  const cost = { ways: costs.reduce((product, { ways }) => product * ways, 1), repeats: repetitions > 0 };
  if (cost.repeats && cost.ways > maxWaysWithRepetition)
    throw new Error(`a repetition without bound is tried in more than ${maxWaysWithRepetition} ways`);
  return limited(cost);
}

function costOf(element: AST.Element): Cost {
  switch (element.type) {
    case 'Backreference':
      throw new Error('it refers back to what it matched');
    case 'Group':
    case 'CapturingGroup':
      return anyOf(element.alternatives);
    case 'Assertion':
      if (element.kind !== 'lookahead' && element.kind !== 'lookbehind') throw otherMeaning(element.raw);
      return withoutRepetition(anyOf(element.alternatives), 'it looks ahead or behind without bound');
    case 'Quantifier':
      return repeated(costOf(element.element), element.min, element.max);
    case 'CharacterClass':
      for (const { raw } of element.elements) if (/^\\[wW]$/.test(raw)) throw otherMeaning(raw);
      return one;
    case 'CharacterSet':
      if (element.kind === 'any' || element.kind === 'word') throw otherMeaning(element.raw);
      return one;
    default:
      return one;
  }
}

function otherMeaning(part: string): Error {
  return new Error(`${part} means something else in the reference's engine`);
}

function repeated(inner: Cost, min: number, max: number): Cost {
  if (max === 1) return limited({ ...inner, ways: inner.ways + (min === 0 ? 1 : 0) });
  withoutRepetition(inner, 'a repetition is inside a repetition');
  if (max === Infinity) {
    if (inner.ways > 1) throw new Error('what repeats without bound can match in several ways');
    return { ways: 1, repeats: true };
  }
  let ways = 0;
  for (let times = min; times <= max && ways <= maxWays; times++) ways += inner.ways ** times;
  return limited({ ways, repeats: false });
}

function withoutRepetition(cost: Cost, reason: string): Cost {
  if (cost.repeats) throw new Error(reason);
  return cost;
}

function limited(cost: Cost): Cost {
  if (cost.ways > maxWays) throw new Error(`it can match in more than ${maxWays} ways`);
  return cost;
}
