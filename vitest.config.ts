import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Vitest leaves one core free: of two cores that is half of the speed. Many tests wait for other programs: with three
// workers the suite takes seven eighths of its time on two cores.
const maxWorkers = Math.max(3, availableParallelism() - 1);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/install-package.ts',
    // Ends a test that hangs. No test rests on how long it takes: the machine may be busy.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Files of one worker share the modules of the project: importing them for each file took half of the time.
    isolate: false,
    maxWorkers,
    coverage: { include: ['src/**'], provider: 'v8' },
  },
});
