/** What the user knows about a fault: the pod, its node, the network plugin and the target. */
import { isIP } from 'node:net';
import { assertOptionKeys } from '../text/option-keys.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

export interface Cni {
  /** Bridge that joins the pods of a node; null without one. */
  bridge: string | null;
  /** Whether the node has a separate route for the device of each of its pods. */
  podRoutes: boolean;
  tunnel: string | null;
  /** Filter for the outer packets on the network interface. */
  outer: string | null;
}

/** Plugins that `planCaptures` knows. */
export const CNI_NAMES = [
  'flannel',
  'flannel-host-gw',
  'calico-ipip',
  'calico-vxlan',
  'calico-bgp',
  'cilium',
  'cilium-geneve',
  'cilium-native',
  'kubenet',
] as const;
/** Name of a network plugin, one of `CNI_NAMES`. */
export type CniName = (typeof CNI_NAMES)[number];

/** Default devices and ports of network plugins. */
const CNIS: Record<CniName, Cni> = {
  flannel: { bridge: 'cni0', podRoutes: false, tunnel: 'flannel.1', outer: 'udp port 8472' },
  'flannel-host-gw': { bridge: 'cni0', podRoutes: false, tunnel: null, outer: null },
  'calico-ipip': { bridge: null, podRoutes: true, tunnel: 'tunl0', outer: 'ip proto 4' },
  'calico-vxlan': { bridge: null, podRoutes: true, tunnel: 'vxlan.calico', outer: 'udp port 4789' },
  'calico-bgp': { bridge: null, podRoutes: true, tunnel: null, outer: null },
  cilium: { bridge: null, podRoutes: false, tunnel: 'cilium_vxlan', outer: 'udp port 8472' },
  'cilium-geneve': { bridge: null, podRoutes: false, tunnel: 'cilium_geneve', outer: 'udp port 6081' },
  'cilium-native': { bridge: null, podRoutes: false, tunnel: null, outer: null },
  kubenet: { bridge: 'cbr0', podRoutes: false, tunnel: null, outer: null },
};

const DEFAULT_SECONDS = 30;

/** What to plan captures for. */
export interface PlanRequest {
  /** The pod that fails to reach something: "name" or "namespace/name". */
  pod: string;
  /** Its node. */
  node: string;
  /** The network plugin. */
  cni: CniName;
  /** What it fails to reach: the address of a pod or machine, and the port ("10.244.1.7:80", "[fd00::7]:80"). */
  target: string;
  /** Node of the target, when it is a pod. */
  targetNode?: string;
  /** Address of the service, when the pod sends its request to that. */
  service?: string;
  /** Whether to capture DNS too. */
  dns?: boolean;
  /** How long to capture, 1 to 3600 seconds; default 30. */
  seconds?: number;
}

const REQUEST_KEYS: readonly (keyof PlanRequest)[] = [
  'pod',
  'node',
  'cni',
  'target',
  'targetNode',
  'service',
  'dns',
  'seconds',
];

/** A request that has been checked. */
export interface Checked {
  namespace: string;
  pod: string;
  node: string;
  targetNode: string | null;
  cni: Cni;
  address: string;
  port: number;
  service: string | null;
  dns: boolean;
  seconds: number;
}

/** @throws PcapdiagError 'bad-option' that names the value */
export function checkedRequest(request: PlanRequest): Checked {
  assertOptionKeys(request, REQUEST_KEYS, 'planCaptures');
  const { pod, node, cni, target, targetNode, service, dns, seconds = DEFAULT_SECONDS } = request;
  const slash = pod.indexOf('/');
  if (!Object.hasOwn(CNIS, cni)) wrong(`cni must be one of ${CNI_NAMES.join(', ')}`);
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600)) wrong('seconds must be 1 to 3600');
  if (service !== undefined && isIP(service) === 0) wrong(`service must be an IP address, not ${quoted(service)}`);
  return {
    namespace: name('pod', slash < 0 ? 'default' : pod.slice(0, slash)),
    pod: name('pod', pod.slice(slash + 1)),
    node: name('node', node),
    targetNode: targetNode === undefined ? null : name('target-node', targetNode),
    cni: CNIS[cni],
    ...endpoint(target),
    service: service ?? null,
    dns: dns === true,
    seconds,
  };
}

/** Names become parts of file names and of shell words. */
function name(option: string, given: string): string {
  if (given === '' || /^[-.]|[/\p{Cc}\p{Cf}]/u.test(given)) wrong(`${option}: ${quoted(given)} is no name`);
  return given;
}

function endpoint(target: string): { address: string; port: number } {
  const [, six, four, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(target) ?? [];
  const address = six ?? four ?? '';
  const isRight = isIP(address) === (six === undefined ? 4 : 6) && !address.includes('%');
  if (!isRight || Number(port) < 1 || Number(port) > 65535) wrong(`target must be ADDRESS:PORT, not ${quoted(target)}`);
  return { address, port: Number(port) };
}

const quoted = (given: string): string => JSON.stringify(given);

function wrong(message: string): never {
  throw new PcapdiagError('bad-option', message);
}
