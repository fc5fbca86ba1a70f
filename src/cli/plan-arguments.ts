import { CNI_NAMES, type PlanRequest } from '../index.ts';
import { UsageError } from './usage-error.ts';

export interface PlanArguments {
  request: PlanRequest;
  format: 'text' | 'json';
}

const text = (describe: string, demandOption: boolean) =>
  ({ type: 'string', requiresArg: true, demandOption, describe }) as const;

export const PLAN_OPTIONS = {
  pod: text('The pod that fails to reach something, NAMESPACE/NAME', true),
  node: text('Its node', true),
  cni: { ...text('Network plugin', true), choices: CNI_NAMES },
  target: text('What it fails to reach, ADDRESS:PORT of a pod or machine', true),
  'target-node': text('Node of the target, when it is a pod', false),
  service: text('Address of the service, when the pod asks that', false),
  dns: { type: 'boolean', describe: 'Capture DNS too' },
  seconds: text('How long to capture (default: 30)', false),
  format: { ...text('How to write it (default: text)', false), choices: ['text', 'json'] },
} as const;

/** @throws UsageError for an option that is given twice */
export function planArguments(given: Record<string, unknown>): PlanArguments {
  const one = (name: keyof typeof PLAN_OPTIONS): string | undefined => {
    if (Array.isArray(given[name])) throw new UsageError(`--${name} may be given once only`);
    return given[name] as string | undefined;
  };
  const [targetNode, service, seconds] = [one('target-node'), one('service'), one('seconds')];
  return {
    request: {
      pod: one('pod') ?? '',
      node: one('node') ?? '',
      cni: one('cni') as PlanRequest['cni'],
      target: one('target') ?? '',
      dns: given.dns === true,
      ...(targetNode !== undefined && { targetNode }),
      ...(service !== undefined && { service }),
      ...(seconds !== undefined && { seconds: Number(seconds) }),
    },
    format: one('format') === 'json' ? 'json' : 'text',
  };
}
