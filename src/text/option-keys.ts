import { PcapdiagError } from './pcapdiag-error.ts';
import { didYouMean } from './suggestion.ts';

/**
 * A misspelt option would have no effect, and nobody would know.
 *
 * @param of the function that takes the options
 * @throws PcapdiagError 'bad-option' naming the first unknown key
 */
export function assertOptionKeys(options: object, known: readonly string[], of: string): void {
  if (typeof options !== 'object' || options === null)
    throw new PcapdiagError('bad-option', `${of}: the options are no object`);
  for (const [key, value] of Object.entries(options))
    if (value !== undefined && !known.includes(key))
      throw new PcapdiagError('bad-option', `${of}: no option is called "${key}"${didYouMean(key, known)}`);
}
