// Writes the manual page, made from the table of commands, to dist/man: node build/manual.mjs (after the compiler)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manualPage } from '../dist/cli/manual-page.js';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { version } = JSON.parse(readFileSync(root('package.json'), 'utf8'));
mkdirSync(root('dist/man'), { recursive: true });
writeFileSync(root('dist/man/pcapdiag.1'), manualPage(version));
