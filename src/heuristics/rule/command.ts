/** A command that shows whether a cause holds. It changes nothing. */
export interface Command {
  /** The machine on which to run the command: a name or an address. */
  on: string;
  /** The command, already quoted for a POSIX shell. */
  command: string;
  /** What the command shows if the cause holds. */
  expect: string;
  /** The same for programs: true of its output while the cause holds, false after it was repaired. */
  shows?: Shows;
  /** Id of the cause that the command decides; absent where it shows the fault whatever the cause is. */
  cause?: string;
}

/**
 * What the output of a command shows. `has` and `lacks`: some line matches the pattern (an ECMAScript regular
 * expression), or none does. `rises`: the number behind this word grows while the traffic goes on.
 */
export type Shows =
  | {
      /** ECMAScript regular expression that some line matches. */
      has: string;
    }
  | {
      /** ECMAScript regular expression that no line matches. */
      lacks: string;
    }
  | {
      /** Word before a number that grows. */
      rises: string;
    };

/** What repairs a cause: words, or a command for one machine. */
export type Fix = string | Repair;

export interface Repair {
  on: string;
  /** Already quoted for a POSIX shell. It changes the machine. */
  command: string;
  /** What else belongs to it, as a further sentence. */
  note?: string;
}
