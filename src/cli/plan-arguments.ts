import type { PlanRequest } from '../index.ts';
import type { OptionTable, RawOptions } from './option-rule.ts';

export interface PlanArguments {
  request: PlanRequest;
  format: 'text' | 'json';
}

/** The names that the library knows; a test compares them. Importing them would load the library for `--help`. */
const CNI_NAMES = [
  'flannel',
  'flannel-host-gw',
  'calico-ipip',
  'calico-vxlan',
  'calico-bgp',
  'cilium',
  'cilium-geneve',
  'cilium-native',
  'kubenet',
] as const satisfies readonly PlanRequest['cni'][];

export const PLAN_OPTIONS = {
  pod: {
    kind: 'text',
    value: 'NAMESPACE/NAME',
    isNeeded: true,
    describe: 'The pod that fails to reach something',
  },
  node: { kind: 'text', value: 'NAME', isNeeded: true, describe: 'Its node' },
  cni: {
    kind: 'choice',
    choices: CNI_NAMES,
    value: 'NAME',
    isNeeded: true,
    describe: `Network plugin: ${CNI_NAMES.join(', ')}`,
  },
  target: {
    kind: 'text',
    value: 'ADDRESS:PORT',
    isNeeded: true,
    describe: 'What it fails to reach, a pod or machine',
  },
  'target-node': { kind: 'text', value: 'NAME', describe: 'Node of the target, when it is a pod' },
  service: { kind: 'text', value: 'ADDRESS', describe: 'Address of the service, when the pod asks that' },
  dns: { kind: 'flag', describe: 'Capture DNS too' },
  seconds: { kind: 'text', value: 'SECONDS', describe: 'How long to capture (default: 30)' },
  format: { kind: 'choice', short: 'f', choices: ['text', 'json'], describe: 'How to write it (default: text)' },
} as const satisfies OptionTable;

export function planArguments(raw: RawOptions): PlanArguments {
  const one = (name: keyof typeof PLAN_OPTIONS): string | undefined => raw[name] as string | undefined;
  const [targetNode, service, seconds] = [one('target-node'), one('service'), one('seconds')];
  return {
    request: {
      pod: one('pod') ?? '',
      node: one('node') ?? '',
      cni: one('cni') as PlanRequest['cni'],
      target: one('target') ?? '',
      dns: raw.dns === true,
      ...(targetNode !== undefined && { targetNode }),
      ...(service !== undefined && { service }),
      ...(seconds !== undefined && { seconds: Number(seconds) }),
    },
    format: one('format') === 'json' ? 'json' : 'text',
  };
}
