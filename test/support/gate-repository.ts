/** A repository in a temporary folder, in which the steps of the reusable workflow run as the runner runs them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { installedProject } from './installed.ts';

interface Step {
  id?: string;
  if?: string;
  run?: string;
}

const workflow = parse(readFileSync('.github/workflows/gate.yml', 'utf8'));
export const steps: Step[] = workflow.jobs.gate.steps.filter(
  ({ run, id }: Step) => run !== undefined && id !== 'install',
);
const inputs: Record<string, { default: string }> = workflow.on.workflow_call.inputs;

/** As `npm install` leaves it: what was packed, and a link to its command. */
export function installIn(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(join(installedProject(), 'node_modules', 'pcapdiag'), join(folder, 'node_modules', 'pcapdiag'));
  symlinkSync(join('..', 'pcapdiag', 'bin', 'pcapdiag.js'), join(folder, 'node_modules', '.bin', 'pcapdiag'));
}

/** As the runner runs a step with `run`. */
export const bash = (folder: string, script: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

export interface Job {
  /** Exit status by the id of the step. */
  status: Record<string, number | null>;
  output: string;
  summary: string;
}

/** What `uses: …/gate.yml` with these inputs does, after the package is installed. */
export function runWorkflow(folder: string, given: Record<string, string>): Job {
  const value = (name: string): string => given[name] ?? String(inputs[name].default);
  const variables = Object.fromEntries(
    Object.entries<string>(workflow.jobs.gate.env).map(([name, expression]) => {
      const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression)?.[1];
      return [name, value(input as string)];
    }),
  );
  const summary = join(folder, '..', `summary-${Math.random()}`);
  writeFileSync(summary, '');
  const job: Job = { status: {}, output: '', summary: '' };
  for (const { id = '', if: condition = '', run = '' } of steps) {
    const needed = /inputs\.([a-z-]+) != ''/.exec(condition)?.[1];
    if (needed !== undefined && value(needed) === '') continue;
    const { status, stdout, stderr } = bash(folder, run, { ...variables, GITHUB_STEP_SUMMARY: summary });
    job.status[id] = status;
    job.output += stdout + stderr;
  }
  job.summary = readFileSync(summary, 'utf8');
  rmSync(summary);
  return job;
}
