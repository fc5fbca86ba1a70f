import { createRequire } from 'node:module';

/** Version in the package file, two folders up from `src/report` and from `dist/report` alike. */
export const TOOL_VERSION: string = createRequire(import.meta.url)('../../package.json').version;
