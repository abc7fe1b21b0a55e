import { shellWord } from './shell-word.ts';

/** An option as it is typed, by the name that it has in code: `--max-rejects` of `maxRejects`. */
export function optionFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What is typed to give an option a value of its own; undefined for a value that takes more than a word. */
export function optionWords(name: string, value: unknown): string | undefined {
  const flag = optionFlag(name);
  if (value === true) return flag;
  if (typeof value === 'string' || typeof value === 'number') return `${flag} ${shellWord(String(value))}`;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.map((each) => optionWords(name, each));
  return words.includes(undefined) ? undefined : words.join(' ');
}
