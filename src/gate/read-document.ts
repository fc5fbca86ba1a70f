import { PcapdiagError } from '../text/pcapdiag-error.ts';
import { yamlPackage } from '../text/yaml-package.ts';
import { type Place, type Read, ShapeError } from './shape.ts';

type Document = ReturnType<ReturnType<typeof yamlPackage>['parseDocument']>;
type Lines = InstanceType<ReturnType<typeof yamlPackage>['LineCounter']>;

/**
 * The content of a YAML or JSON file, as it is meant. JSON is YAML 1.2.
 *
 * @param name a name that ends in `.json` is a file of JSON, with the mistakes that JSON has
 * @throws PcapdiagError 'bad-option' that names the file, and the line and the place in it
 */
export async function readDocument<T>(content: string, name: string, shape: Read<T>): Promise<T> {
  if (/\.json$/i.test(name)) assertJson(content, name);
  const { parseDocument, LineCounter } = yamlPackage();
  const lines = new LineCounter();
  const document = parseDocument(content, { prettyErrors: true, uniqueKeys: true, lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw refused(name, error.message.split('\n')[0].replace(/:$/, ''));
  try {
    return shape(document.toJS({ maxAliasCount: 100 }), []);
  } catch (problem) {
    if (problem instanceof ShapeError) throw refused(name, problem.message + lineOf(document, problem.place, lines));
    if (problem instanceof ReferenceError) throw refused(name, problem.message);
    throw problem;
  }
}

const refused = (name: string, message: string): PcapdiagError =>
  new PcapdiagError('bad-option', `${name}: ${message}`, { path: name });

/** @throws PcapdiagError with the line, which not every version of Node tells */
function assertJson(content: string, name: string): void {
  try {
    JSON.parse(content.replace(/^\ufeff/, ''));
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem);
    const [, position = String(content.length)] = / at position (\d+)/.exec(message) ?? [];
    const before = content.slice(0, Number(position)).split('\n');
    const words = message.replace(/ in JSON at position .*| at position .*| \(line .*/, '');
    throw refused(name, `no JSON: ${words} at line ${before.length}, column ${before[before.length - 1].length + 1}`);
  }
}

/** " (line 7)": of the key that leads to the value, or of the item of a list; of what is nearest where that is not there. */
function lineOf({ contents }: Document, place: Place, lines: Lines): string {
  const { isMap, isSeq, isScalar, isNode } = yamlPackage();
  let [node, at]: [unknown, number | undefined] = [contents, undefined];
  for (const key of place) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === key);
      if (pair === undefined) break;
      at = isNode(pair.key) ? pair.key.range?.[0] : at;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      at = isNode(node) ? node.range?.[0] : at;
    } else break;
  }
  return at === undefined ? '' : ` (line ${lines.linePos(at).line})`;
}
