/** A number that a text states, in figures or words: "50 ms" is 0.05, "three quarters" 0.75. */
interface StatedNumber {
  words: string;
  /** In seconds where a unit of time follows; a share where it is one. */
  value: number;
}

const WORDS: Readonly<Record<string, number>> = {
  two: 2,
  twice: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  twenty: 20,
  hundred: 100,
  half: 0.5,
};
const NUMBER = String.raw`\d[\d,]*(?:\.\d+)?|${Object.keys(WORDS).join('|')}`;
const STATED = new RegExp(
  String.raw`\bone in a (?<of>${NUMBER})\b|(?<![\w./])(?<number>${NUMBER})(?![\w/]|\.\d)(?<unit> ms| %| quarters?)?`,
  'gi',
);
/** What holds numbers and states none: sections of RFCs, types and codes of ICMP. */
const REFERENCES = /\bRFC \d+(?:, \d+(?:\.\d+)*)?|(?<![\d.])\d+\/\d+(?![\d.])/g;
const UNITS: Readonly<Record<string, number>> = { ms: 1e-3, '%': 1e-2, quarter: 0.25, quarters: 0.25 };

/**
 * Numbers of a text. "One" is left out: as a pronoun or an article it counts nothing, and "at least one" is no limit that
 * somebody chose.
 */
export function numbersIn(text: string): StatedNumber[] {
  return [...text.replace(REFERENCES, '').matchAll(STATED)].map(({ 0: words, groups = {} }) => ({
    words: words.trim(),
    value:
      groups.of === undefined
        ? numberOf(groups.number) * (UNITS[groups.unit?.trim() ?? ''] ?? 1)
        : 1 / numberOf(groups.of),
  }));
}

const numberOf = (number: string): number => WORDS[number.toLowerCase()] ?? Number(number.replaceAll(',', ''));
