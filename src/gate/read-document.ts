import { PcapdiagError } from '../text/pcapdiag-error.ts';
import { yamlPackage } from '../text/yaml-package.ts';
import { type Read, ShapeError } from './shape.ts';

/**
 * The content of a YAML or JSON file, as it is meant. JSON is YAML 1.2.
 *
 * @throws PcapdiagError 'bad-option' that names the file, and the line or the place in it
 */
export async function readDocument<T>(content: string, name: string, shape: Read<T>): Promise<T> {
  const document = yamlPackage().parseDocument(content, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw refused(name, error.message.split('\n')[0].replace(/:$/, ''));
  try {
    return shape(document.toJS({ maxAliasCount: 100 }), '');
  } catch (problem) {
    if (problem instanceof ShapeError || problem instanceof ReferenceError) throw refused(name, problem.message);
    throw problem;
  }
}

const refused = (name: string, message: string): PcapdiagError =>
  new PcapdiagError('bad-option', `${name}: ${message}`, { path: name });
