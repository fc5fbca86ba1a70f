// Vitest that stays: start-up and the transformation of the source are paid once, and each run gets a new worker.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { serveChdir } from './chdir-of-threads.mjs';

/** Processor time that the tests of one file may take with a mutant: seconds, and a multiple of what they take without. */
const LIMIT_SECONDS = 30;
const LIMIT_FACTOR = 10;
/** A test that waits for ever takes no processor time: minutes by the clock, far above any file on a busy machine. */
const WAITING_MINUTES = 15;

/**
 * @param patterns parts of the paths of test files
 * @param setupFile runs before each test file
 * @param secondsOf processor time of a test file without a mutant; undefined while that is measured
 */
export async function warmTests(root, patterns, setupFile, secondsOf) {
  process.chdir(root);
  serveChdir();
  const progress = watchedRuns(secondsOf);
  const vitest = await createVitest('test', {
    root,
    watch: false,
    update: false,
    pool: 'threads',
    // The modules are loaded once for all files of a run.
    isolate: false,
    maxWorkers: 1,
    bail: 0,
    testTimeout: WAITING_MINUTES * 60_000,
    hookTimeout: WAITING_MINUTES * 60_000,
    setupFiles: [setupFile],
    reporters: [progress],
    sequence: {
      sequencer: class {
        shard = (specs) => specs;
        sort = (specs) => specs;
      },
    },
    silent: true,
  });
  progress.stop = () => void vitest.cancelCurrentRun('test-failure').catch(() => {});
  const project = vitest.getRootProject();
  const specifications = await vitest.globTestSpecifications(patterns);
  return {
    files: specifications.map(({ moduleId }) => moduleId),
    /** A test file, or those of its tests that have these ids. */
    specification: (file, testIds) =>
      project.createSpecification(file, testIds === undefined ? undefined : { testIds }),
    /**
     * Runs in this order. `failed` and `ended`: files; `seconds`: processor time of each file; `timedOut`: stopped.
     *
     * @param isWhole false: the run ends at the first test that fails
     */
    async run(specs, isWhole) {
      vitest.config.bail = isWhole ? 0 : 1;
      project.config.bail = vitest.config.bail;
      // A test that was stopped may have left the process in another folder.
      process.chdir(root);
      progress.begin(isWhole);
      const { unhandledErrors } = await vitest.runTestSpecifications(specs);
      return progress.end(unhandledErrors.length);
    },
    change(file, text) {
      writeFileSync(join(root, file), text);
      vitest.invalidateFile(join(root, file));
    },
    close: () => vitest.close(),
  };
}

/** A reporter that keeps what a run did, and stops one that fails or takes too long. */
function watchedRuns(secondsOf) {
  let state;
  let timer;
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const watch = () => {
    const usual = state.current === undefined ? 0 : secondsOf(state.current);
    if (usual === undefined || state.timedOut) return;
    const isLong = spent() - state.since > LIMIT_SECONDS + LIMIT_FACTOR * usual;
    if (!isLong && Date.now() - state.clock < WAITING_MINUTES * 60_000) return;
    state.timedOut = true;
    reporter.stop();
    // The second one ends the thread, whatever it does.
    setTimeout(reporter.stop, 1000);
  };
  const reporter = {
    stop() {},
    begin(isWhole) {
      const now = { since: spent(), clock: Date.now() };
      state = { seconds: new Map(), failed: [], ended: [], current: undefined, timedOut: false, isWhole, ...now };
      timer = setInterval(watch, 1000);
    },
    end(errors) {
      clearInterval(timer);
      if (errors > 0 && !state.timedOut && state.failed.length === 0 && state.current) state.failed.push(state.current);
      return state;
    },
    onTestModuleStart(module) {
      state.current = module.moduleId;
    },
    onTestModuleEnd(module) {
      if (module.state() === 'skipped') return;
      const now = spent();
      state.seconds.set(module.moduleId, now - state.since);
      state.since = now;
      state.clock = Date.now();
      state.ended.push(module.moduleId);
      if (module.state() !== 'failed') return;
      state.failed.push(module.moduleId);
      if (!state.isWhole) reporter.stop();
    },
  };
  return reporter;
}
