import { createRequire } from 'node:module';

/**
 * The version that `--version` prints, from the package file two folders up; the path is the same in `src` and `dist`.
 */
export const VERSION: string = createRequire(import.meta.url)('../../package.json').version;
