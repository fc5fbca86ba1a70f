import { PcapdiagError } from '../text/pcapdiag-error.ts';

/** An expression that is no filter: it knows the place. */
export class FilterError extends PcapdiagError {
  /** The whole expression. */
  readonly expression: string;
  /** Index of the first character in question; the length of the expression where something is missing at its end. */
  readonly at: number;

  constructor(message: string, expression: string, at: number) {
    super('bad-option', message);
    this.expression = expression;
    this.at = at;
  }
}
