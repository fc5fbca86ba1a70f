import { createRequire } from 'node:module';

/** Version in the package file, one folder up from `src` and from `dist` alike. */
export const TOOL_VERSION: string = createRequire(import.meta.url)('../package.json').version;
