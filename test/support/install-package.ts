/** Once for all test files: packs this tree and installs what was packed, for the tests that run the command. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { extractInto, packTree } from '../package/packed.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** A project that has the package installed. */
    project: string;
    tarball: string;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-installed-'));

export function setup({ provide }: TestProject): void {
  provide('project', join(folder, 'project'));
  // Tests of single modules run without a build; those of the command then say that they need one.
  if (existsSync('dist/bundle/main.js')) {
    const tarball = packTree(resolve('.'), folder);
    provide('tarball', tarball);
    extractInto(join(folder, 'project'), tarball, resolve('node_modules'));
  }
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
