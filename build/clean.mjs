// Empties dist/, so that a file that was renamed or deleted in src/ is not packed: node build/clean.mjs
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

rmSync(fileURLToPath(new URL('../dist', import.meta.url)), { recursive: true, force: true });
