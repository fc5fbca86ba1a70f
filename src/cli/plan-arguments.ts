import type { JobsRequest, PlanRequest } from '../index.ts';
import type { OptionTable, RawOptions } from './option-rule.ts';

export type PlanArguments = { format: 'text' | 'json' } & ({ request: PlanRequest } | { jobs: JobsRequest });

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
    unless: 'kubernetes',
    describe: 'The pod that fails to reach something',
  },
  node: { kind: 'text', value: 'NAME', isNeeded: true, unless: 'kubernetes', describe: 'Its node' },
  cni: {
    kind: 'choice',
    choices: CNI_NAMES,
    value: 'NAME',
    isNeeded: true,
    unless: 'kubernetes',
    describe: `Network plugin: ${CNI_NAMES.join(', ')}`,
  },
  target: {
    kind: 'text',
    value: 'ADDRESS:PORT',
    isNeeded: true,
    unless: 'kubernetes',
    describe: 'What it fails to reach, a pod or machine',
  },
  'target-node': { kind: 'text', value: 'NAME', describe: 'Node of the target, when it is a pod' },
  service: { kind: 'text', value: 'ADDRESS', describe: 'Address of the service, when the pod asks that' },
  dns: { kind: 'flag', describe: 'Capture DNS too' },
  seconds: { kind: 'text', value: 'SECONDS', describe: 'How long to capture (default: 30)' },
  kubernetes: {
    kind: 'flag',
    describe: 'Instead: Jobs that make digests of the captures of many nodes, and one that correlates them',
  },
  nodes: { kind: 'text', value: 'NODE,NODE', describe: 'With --kubernetes: the nodes' },
  image: { kind: 'text', value: 'IMAGE', describe: 'With --kubernetes: an image that has pcapdiag' },
  run: { kind: 'text', value: 'ID', describe: 'With --kubernetes: one identifier for all of them' },
  namespace: { kind: 'text', value: 'NAME', describe: 'With --kubernetes: where the Jobs run' },
  captures: { kind: 'text', value: 'FOLDER', describe: 'With --kubernetes: the folder of captures on each node' },
  capture: { kind: 'text', value: 'DEVICE', describe: 'With --kubernetes: capture on this interface first' },
  'capture-image': { kind: 'text', value: 'IMAGE', describe: 'With --capture: an image that has tcpdump' },
  claim: { kind: 'text', value: 'NAME', describe: 'With --kubernetes: the volume claim for digests' },
  bucket: { kind: 'text', value: 'URL/BUCKET', describe: 'With --kubernetes: an S3-compatible bucket for digests' },
  secret: { kind: 'text', value: 'NAME', describe: 'With --bucket: the Secret with its credentials' },
  format: { kind: 'choice', short: 'f', choices: ['text', 'json'], describe: 'How to write it (default: text)' },
} as const satisfies OptionTable;

export function planArguments(raw: RawOptions): PlanArguments {
  const one = (name: keyof typeof PLAN_OPTIONS): string | undefined => raw[name] as string | undefined;
  const format = one('format') === 'json' ? 'json' : 'text';
  if (raw.kubernetes === true) return { jobs: jobsRequest(one), format };
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
    format,
  };
}

const DEFAULT_SECONDS = 30;

/** The library checks the values. */
function jobsRequest(one: (name: keyof typeof PLAN_OPTIONS) => string | undefined): JobsRequest {
  const [captures, device, claim, bucket, namespace] = [
    one('captures'),
    one('capture'),
    one('claim'),
    one('bucket'),
    one('namespace'),
  ];
  const slash = bucket?.lastIndexOf('/') ?? -1;
  return {
    nodes: (one('nodes') ?? '').split(',').filter((name) => name !== ''),
    image: one('image') ?? '',
    run: one('run') ?? '',
    ...(captures !== undefined && { captures }),
    ...(device !== undefined && {
      capture: {
        interface: device,
        seconds: Number(one('seconds') ?? DEFAULT_SECONDS),
        image: one('capture-image') ?? '',
      },
    }),
    ...(claim !== undefined && { claim }),
    ...(bucket !== undefined && {
      bucket: { endpoint: bucket.slice(0, slash), name: bucket.slice(slash + 1), secret: one('secret') ?? '' },
    }),
    ...(namespace !== undefined && { namespace }),
  };
}
