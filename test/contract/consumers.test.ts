/** A program in TypeScript that uses the packed library; `npm run contract` tries every version of the compiler. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { compileConsumers, compilerOf, consumerProject, PROJECTS } from './consumers.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-consumer-'));
let project: string;
beforeAll(() => {
  project = consumerProject(scratch, inject('tarball'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const compiled = () => compileConsumers(project, { ...compilerOf('own'), projects: [PROJECTS[0]], skips: [false] });

describe('a consumer', () => {
  test('compiles, with the declarations checked too', () => {
    expect(compiled()).toEqual([]);
  });

  test('is told of an error in the declarations', () => {
    const file = join(project, 'node_modules/pcapdiag/dist/index.d.ts');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('smallestLost: number', 'smallestLost: string'));
    expect(compiled().join()).toContain('library.ts');
    writeFileSync(file, before);
  });
});
