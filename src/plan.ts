/** Where to capture when pods cannot reach something, and the commands for it: a script for each node. */
import { isIP } from 'node:net';
import { PcapdiagError } from './decode/pcapdiag-error.ts';
import { shellQuote } from './heuristics/shell-quote.ts';
import { HEADERS_SNAPLEN, scriptOf } from './plan-script.ts';

export interface Cni {
  /** Device that joins the pods of a node; null without. */
  bridge: string | null;
  /** Whether the node has a route to the device of each of its pods. */
  podRoutes: boolean;
  tunnel: string | null;
  /** Filter for the outer packets on the network interface. */
  outer: string | null;
}

/** Devices and ports of network plugins as they are by default. */
const CNIS = {
  flannel: { bridge: 'cni0', podRoutes: false, tunnel: 'flannel.1', outer: 'udp port 8472' },
  'flannel-host-gw': { bridge: 'cni0', podRoutes: false, tunnel: null, outer: null },
  'calico-ipip': { bridge: null, podRoutes: true, tunnel: 'tunl0', outer: 'ip proto 4' },
  'calico-vxlan': { bridge: null, podRoutes: true, tunnel: 'vxlan.calico', outer: 'udp port 4789' },
  'calico-bgp': { bridge: null, podRoutes: true, tunnel: null, outer: null },
  cilium: { bridge: null, podRoutes: false, tunnel: 'cilium_vxlan', outer: 'udp port 8472' },
  'cilium-geneve': { bridge: null, podRoutes: false, tunnel: 'cilium_geneve', outer: 'udp port 6081' },
  'cilium-native': { bridge: null, podRoutes: false, tunnel: null, outer: null },
  kubenet: { bridge: 'cbr0', podRoutes: false, tunnel: null, outer: null },
} as const satisfies Record<string, Cni>;

export type CniName = keyof typeof CNIS;
/** Plugins that `planCaptures` knows. */
export const CNI_NAMES = Object.keys(CNIS) as CniName[];

const DEFAULT_SECONDS = 30;
/** Seconds that all tcpdumps have to start before the request is sent. */
const START_SECONDS = 3;
export interface PlanRequest {
  /** The pod that fails to reach something: "name" or "namespace/name". */
  pod: string;
  /** Its node. */
  node: string;
  cni: CniName;
  /** What it fails to reach: address of a pod or machine, and port ("10.244.1.7:80", "[fd00::7]:80"). */
  target: string;
  /** Node of the target, when it is a pod. */
  targetNode?: string;
  /** Address of the service, when the pod asks that. */
  service?: string;
  /** Capture DNS too. */
  dns?: boolean;
  /** How long to capture, 1 to 3600; 30 without. */
  seconds?: number;
}

export interface PlannedCapture {
  /** Device; starts with "$" when the script looks it up on the node. */
  interface: string;
  /** As the shell reads it. */
  file: string;
  filter: string;
  why: string;
}

export interface NodePlan {
  node: string;
  captures: PlannedCapture[];
  /** To be run by root on the node: looks up the devices and captures on all of them at the same time. */
  script: string[];
}

export interface CapturePlan {
  nodes: NodePlan[];
  /** On the machine with kubectl: start all at once, send the request, fetch the files. */
  run: string[];
  analyze: string;
  notes: string[];
}

/**
 * Plans captures at both ends and at each device in between. Every value is quoted for a POSIX shell.
 *
 * @throws PcapdiagError 'bad-option' that names the value
 */
export function planCaptures(request: PlanRequest): CapturePlan {
  const checked = check(request);
  const { node, targetNode } = checked;
  const sides = targetNode === null || targetNode === node ? [node] : [node, targetNode];
  const nodes = sides.map((name) => nodePlan(checked, name, sides.length > 1));
  return {
    nodes,
    run: runLines(checked, nodes),
    analyze: `pcapdiag analyze ${nodes.map((one) => `${fileStem(one.node)}*.pcap`).join(' ')}`,
    notes: notesOf(checked),
  };
}

/** A request with nothing wrong in it. */
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

function check({ pod, node, cni, target, targetNode, service, dns, seconds = DEFAULT_SECONDS }: PlanRequest): Checked {
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

/** Names become parts of file names and of words for the shell. */
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

// ---------------------------------------------------------------------------------------------- one node

const fileStem = (node: string): string => `${shellQuote(node)}__`;

function nodePlan(request: Checked, node: string, crossesNodes: boolean): NodePlan {
  const isClient = node === request.node;
  const captures = [
    ...(isClient ? [clientEnd(request, node)] : []),
    ...(isClient && crossesNodes ? [] : targetEnd(request, node)),
    ...shared(request, node, crossesNodes),
  ];
  return { node, captures, script: scriptOf(request, captures) };
}

function clientEnd(request: Checked, node: string): PlannedCapture {
  return {
    interface: '$POD_VETH',
    file: `${fileStem(node)}"$POD_VETH".pcap`,
    filter: plainFilter(request),
    why: 'what the pod sends and gets: the host end of its veth pair',
  };
}

/** Nothing when the target is no pod of a node that was named. */
function targetEnd(request: Checked, node: string): PlannedCapture[] {
  if (request.targetNode !== node) return [];
  return [
    {
      interface: '$TARGET_VETH',
      file: `${fileStem(node)}"$TARGET_VETH".pcap`,
      filter: plainFilter(request),
      why: 'whether it reaches the target pod, and what that answers',
    },
  ];
}

function shared(request: Checked, node: string, crossesNodes: boolean): PlannedCapture[] {
  const { bridge, tunnel } = request.cni;
  const plain = (device: string, why: string): PlannedCapture => ({
    interface: device,
    file: `${fileStem(node)}${device}.pcap`,
    filter: plainFilter(request),
    why,
  });
  const staysInside = request.targetNode === node && !crossesNodes;
  return [
    ...(bridge === null ? [] : [plain(bridge, 'before and after the translation of service addresses')]),
    ...(tunnel === null || staysInside ? [] : [plain(tunnel, 'what goes into the tunnel and comes out of it')]),
    ...(staysInside ? [] : [nic(request, node)]),
  ];
}

function nic(request: Checked, node: string): PlannedCapture {
  const { outer } = request.cni;
  return {
    interface: '$NIC',
    file: `${fileStem(node)}"$NIC".pcap`,
    // Fragments after the first have no ports.
    filter: outer === null ? plainFilter(request) : `${outer} or ${plainFilter(request)} or ip[6:2] & 0x1fff != 0`,
    why:
      outer === null
        ? 'what leaves the node and enters it'
        : `the outer packets (${outer}): between nodes a filter for the address of the pod finds nothing here, it is inside them`,
  };
}

/** ICMP tells why; ARP tells whether the next machine is there. */
function plainFilter({ address, service, dns }: Checked): string {
  const hosts = [...new Set([address, ...(service === null ? [] : [service])])].map((host) => `host ${host}`);
  return [...hosts, ...(dns ? ['port 53'] : []), 'icmp', 'icmp6', 'arp'].join(' or ');
}

// ---------------------------------------------------------------------------------------------- all together

function runLines({ namespace, pod, address, port, service, dns }: Checked, nodes: readonly NodePlan[]): string[] {
  const asked = service ?? address;
  const host = asked.includes(':') ? `[${asked}]` : asked;
  const exec = `kubectl exec -n ${shellQuote(namespace)} ${shellQuote(pod)} --`;
  return [
    ...nodes.map(({ node }) => `ssh ${shellQuote(node)} sudo sh -s < ${shellQuote(`${node}.sh`)} &`),
    `sleep ${START_SECONDS}`,
    `${exec} curl -sv -m 10 ${shellQuote(`http://${host}:${port}/`)}`,
    ...(dns ? [`${exec} nslookup kubernetes.default.svc.cluster.local`] : []),
    'wait',
    ...nodes.map(({ node }) => `scp ${shellQuote(`${node}:`)}'*__*.pcap' .`),
  ];
}

function notesOf({ cni, dns, targetNode, node }: Checked): string[] {
  return [
    dns
      ? 'whole packets are kept (-s 0): DNS messages are read to their end'
      : `-s ${HEADERS_SNAPLEN} keeps the headers of both packets of a tunnel; less cuts the inner ones off`,
    'clocks of the nodes need not agree: the analysis compares the packets themselves',
    ...(cni.outer !== null && targetNode === null
      ? ['the node of the target is not given: without the other end it stays open where packets are lost']
      : []),
    'in the pod itself: nsenter -t "$PID" -n tcpdump -i eth0, with PID as the script finds it',
    ...(targetNode === node ? ['both pods are on one node: neither tunnel nor network interface is passed'] : []),
    ...(cni.tunnel === null
      ? []
      : [`device and port are the defaults of the plugin; see ip -d link show ${cni.tunnel}`]),
  ];
}

/** A plan as text: a script for each node, and what to run where. */
export function formatPlan({ nodes, run, analyze, notes }: CapturePlan): string {
  const section = (head: string, lines: readonly string[]): string[] => [head, ...lines.map((line) => `  ${line}`), ''];
  return [
    ...nodes.flatMap(({ node, script: lines }) =>
      section(`On ${node} as root (save it as ${shellQuote(`${node}.sh`)}):`, lines),
    ),
    ...section('Where kubectl is, with all captures at the same time:', run),
    ...section('Then:', [analyze]),
    ...section('Mind:', notes),
  ].join('\n');
}
