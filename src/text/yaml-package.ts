import { createRequire } from 'node:module';

/** The part of the package `yaml` that is used. */
type YamlPackage = Pick<
  typeof import('yaml'),
  'parseDocument' | 'stringify' | 'LineCounter' | 'isMap' | 'isSeq' | 'isScalar' | 'isNode'
>;

let loaded: YamlPackage | undefined;

/** Loaded with the first file of YAML, so that everything else starts faster. */
export const yamlPackage = (): YamlPackage => (loaded ??= createRequire(import.meta.url)('yaml') as YamlPackage);
