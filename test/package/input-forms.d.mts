/** One way to run the program, and what has to come of it. */
export interface InputForm {
  name: string;
  argv: readonly string[];
  /** Its words are a line of the README. */
  readme: boolean;
  /** A file of the folder of inputs, run in the place of the command. */
  program?: string;
  /** Standard input: the name of an input, or bytes. */
  input?: string | Uint8Array;
  /** Exit status. */
  status: number;
  /** Its captures are read in worker threads where there is more than one core. */
  threads?: boolean;
}

/** In an order in which they can be run: one reads what an earlier one wrote. */
export const INPUT_FORMS: readonly InputForm[];

export interface Outcome {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/**
 * Writes the inputs that the forms name.
 *
 * @param pcaps `test/pcaps`
 * @param folder empty; programs run there
 */
export function writeInputs(pcaps: string, folder: string): void;

export function inputOf(form: InputForm, folder: string): Uint8Array | string;

/** @returns undefined when all is as it has to be */
export function whatIsWrong(form: InputForm, outcome: Outcome, folder: string): string | undefined;
