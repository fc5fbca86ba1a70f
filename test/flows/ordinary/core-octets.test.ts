import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// Apart from the property of the core, which a changed source is to be judged by.
it('the core equals the module that its files compile to', () => {
  const compiled = execFileSync(process.execPath, ['build/core.mjs', '--print'], { encoding: 'utf8' });
  expect(compiled).toBe(readFileSync('src/flows/ordinary/core-octets.ts', 'utf8'));
});
