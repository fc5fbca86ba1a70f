import { basename } from 'node:path';
import type { CaptureSource } from '../index.ts';
import { didYouMean } from '../text/suggestion.ts';
import { UsageError } from './usage-error.ts';

/**
 * Every file of `--point` must be one that is read, by its path or its name: a misspelt one would have no effect.
 *
 * @throws UsageError naming the file
 */
export function assertPoints(files: readonly string[], sources: readonly CaptureSource[]): void {
  const paths = sources.flatMap((source) => (source === '-' ? ['standard input'] : (nameOf(source) ?? [])));
  const known = new Set(paths.flatMap((path) => [path, basename(path)]));
  const strange = files.find((file) => !known.has(file));
  if (strange === undefined) return;
  const meant = didYouMean(strange, [...paths, ...paths.map((path) => basename(path))]);
  throw new UsageError(`--point: no capture that is read is called "${strange}"${meant}`);
}

function nameOf(source: CaptureSource): string | undefined {
  if (typeof source === 'string') return source;
  return 'name' in source && typeof source.name === 'string' ? source.name : undefined;
}
