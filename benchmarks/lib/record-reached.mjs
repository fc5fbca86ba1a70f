// A setup file of vitest (see ../mutate.mjs): which of the marked places each test runs, a line of JSON per test file.
import { appendFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import { askForChdir } from './chdir-of-threads.mjs';

askForChdir();

/** What runs outside of a test, while the file is loaded or in `beforeAll`, counts for the whole file. */
const WHOLE_FILE = '';
const reached = new Map([[WHOLE_FILE, new Set()]]);
let current = reached.get(WHOLE_FILE);
globalThis.__reached = (number) => current.add(number);

beforeEach(({ task }) => {
  current = reached.get(task.id) ?? new Set();
  reached.set(task.id, current);
});
afterEach(() => {
  current = reached.get(WHOLE_FILE);
});
afterAll(() => {
  if (!process.env.REACHED_PLACES) return;
  const file = expect.getState().testPath;
  const byTest = [...reached].map(([test, numbers]) => [test, [...numbers]]);
  appendFileSync(process.env.REACHED_PLACES, `${JSON.stringify({ file, byTest })}\n`);
});
