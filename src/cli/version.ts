import { createRequire } from 'node:module';

/** What `--version` prints: the version in the package file, two folders up from here in `src` and in `dist` alike. */
export const VERSION: string = createRequire(import.meta.url)('../../package.json').version;
