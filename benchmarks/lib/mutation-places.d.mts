/** One change at one place of a file. */
export interface Place {
  file: string;
  at: number;
  end: number;
  was: string;
  choices: string[];
  operator: string;
  line: number;
  runs: { at: number; end: number; isStatement: boolean };
  isLoaded: boolean;
}

export type Mutant = Place & { becomes: string; number: number };

export const OPERATORS: string[];
export function placesIn(file: string, text: string): Place[];
export function marked(text: string, numbered: [number, Place][]): string;
export function mutated(text: string, mutants: { at: number; end: number; becomes: string }[]): string;
export function draw(places: Place[], count: number, seed: number, textOf: (file: string) => string): Mutant[];
