import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TIME = '/usr/bin/time';
const LONGEST_SECONDS = 600;

/** Whether a program can be started, so that a missing one leaves its rows out instead of failing all. */
export const isInstalled = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Whether `measure` works here. */
export const canMeasure = () => existsSync(TIME);

/**
 * Runs one whole process.
 *
 * @param {readonly string[]} command the program and its arguments; its standard output is thrown away
 * @returns {{ wall: number, cpu: number, peak: number }} seconds, seconds of user and system together, bytes resident
 */
function runOnce(command) {
  const run = spawnSync(TIME, ['-q', '-f', '%e %U %S %M', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: LONGEST_SECONDS * 1000,
    killSignal: 'SIGKILL',
  });
  const numbers = run.stderr?.trim().split('\n').pop()?.split(' ').map(Number) ?? [];
  // 1 is what pcapdiag ends with when it found something.
  if (numbers.length !== 4 || numbers.some(Number.isNaN) || !(run.status === 0 || run.status === 1)) {
    throw new Error(`${command.join(' ')}: status ${run.status}, ${run.stderr}`);
  }
  const [wall, user, system, kilobytes] = numbers;
  return { wall, cpu: user + system, peak: kilobytes * 1024 };
}

/**
 * Runs several commands in turn, A B A B, so that what else the machine does meets all of them alike; once before to
 * warm the page cache.
 *
 * @param {readonly (readonly string[])[]} commands
 * @param {number} runs counted runs of each
 * @returns {{ wall: number, cpu: number, peak: number }[]} the medians, by command
 */
export function measure(commands, runs) {
  const measured = commands.map(() => ({ wall: [], cpu: [], peak: [] }));
  for (let run = -1; run < runs; run++) {
    for (const [at, command] of commands.entries()) {
      const one = runOnce(command);
      if (run < 0) continue;
      for (const name of Object.keys(one)) measured[at][name].push(one[name]);
    }
  }
  return measured.map(({ wall, cpu, peak }) => ({ wall: median(wall), cpu: median(cpu), peak: median(peak) }));
}

/** Middle value; the lower one of two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}
