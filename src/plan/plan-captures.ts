/** Where to capture when pods cannot reach something, and the commands for it: a script for each node. */
import { shellQuote } from '../text/shell-quote.ts';
import { type Checked, checkedRequest, type PlanRequest } from './plan-request.ts';
import { HEADERS_SNAPLEN, type PlannedCapture, scriptOf } from './plan-script.ts';

/** Seconds in which all tcpdumps start before the request is sent. */
const START_SECONDS = 3;

/** What to run on one node. */
export interface NodePlan {
  /** Name of the node. */
  node: string;
  /** One tcpdump each. */
  captures: PlannedCapture[];
  /** Script to be run as root on the node. It finds the devices and captures on all of them at the same time. */
  script: string[];
}

/** Where to capture, with the commands. */
export interface CapturePlan {
  /** What to run on each node. */
  nodes: NodePlan[];
  /** Commands for the machine with kubectl: start all captures at once, send the request, fetch the files. */
  run: string[];
  /** The command that reads the captures. */
  analyze: string;
  /** What to keep in mind. */
  notes: string[];
}

/**
 * Plans captures at both ends and at each device in between. Every value is quoted for a POSIX shell.
 *
 * @throws PcapdiagError 'bad-option' that names the value
 */
export function planCaptures(request: PlanRequest): CapturePlan {
  const checked = checkedRequest(request);
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

/** Empty when the target is not a pod on a named node. */
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
    // Fragments after the first have no ports, so a port filter would miss them.
    filter: outer === null ? plainFilter(request) : `${outer} or ${plainFilter(request)} or ip[6:2] & 0x1fff != 0`,
    why:
      outer === null
        ? 'what leaves the node and enters it'
        : `the outer packets (${outer}): between nodes a filter for the address of the pod finds nothing here, it is inside them`,
  };
}

/** ICMP tells why packets are refused; ARP tells whether the next hop is there. */
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
