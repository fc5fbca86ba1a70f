/** The script of one node: POSIX sh, for root. */
import { shellQuote } from '../text/shell-quote.ts';
import type { Checked, Cni } from './plan-request.ts';

/** One tcpdump. */
export interface PlannedCapture {
  /** Device; starts with "$" when the script looks it up on the node. */
  interface: string;
  /** A word as the shell reads it. */
  file: string;
  /** Capture filter. */
  filter: string;
  /** What it shows. */
  why: string;
}

/** Enough for Ethernet, outer IPv6, UDP, VXLAN, inner Ethernet, IPv6 and TCP with options: 14+40+8+8+14+40+60. */
export const HEADERS_SNAPLEN = 200;
/** Whole packets: DNS is read to the end of the message. */
const WHOLE_SNAPLEN = 0;
/** Kernel buffer of each tcpdump in KiB: four times the default of 2 MiB, for bursts. */
const BUFFER_KIB = 8192;

/** Finds the devices of a node and captures on all of them at the same time. */
export function scriptOf(request: Checked, captures: readonly PlannedCapture[]): string[] {
  const { cni, seconds, dns } = request;
  const needs = (device: string): boolean => captures.some((capture) => capture.interface === device);
  const snaplen = dns ? WHOLE_SNAPLEN : HEADERS_SNAPLEN;
  return [
    ...(needs('$POD_VETH') ? clientLookup(request) : []),
    ...(needs('$TARGET_VETH') ? targetLookup(request, cni) : []),
    ...(needs('$NIC')
      ? [
          '# the network interface towards the other nodes: that of the default route, set it when it is another',
          `NIC=$(ip -o route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)`,
        ]
      : []),
    ...captures.flatMap(({ interface: device, file, filter, why }) => [
      `# ${why}`,
      `timeout -s INT ${seconds} tcpdump -i ${device.startsWith('$') ? `"${device}"` : device} -n -s ${snaplen} -B ${BUFFER_KIB} -w ${file} ${shellQuote(filter)} &`,
    ]),
    'wait',
  ];
}

/**
 * The analysis reads host and interface from the file names. So the script captures at the veth on the node, not inside
 * the pod.
 */
function clientLookup({ namespace, pod }: Checked): string[] {
  const anchored = `^${pod.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  return [
    '# process of the pod, and the number of the other end of its eth0',
    `POD=$(crictl pods --namespace=${shellQuote(namespace)} --name=${shellQuote(anchored)} --state=ready -q | head -n 1)`,
    'CONTAINER=$(crictl ps --pod="$POD" -q | head -n 1)',
    `PID=$(crictl inspect --output=go-template --template='{{.info.pid}}' "$CONTAINER")`,
    `PEER=$(nsenter -t "$PID" -n ip -o link show eth0 | sed -n 's/.*eth0@if\\([0-9]*\\):.*/\\1/p')`,
    `POD_VETH=$(ip -o link | awk -F': ' -v number="$PEER" '$1 == number {sub(/@.*/, "", $2); print $2}')`,
  ];
}

function targetLookup({ address }: Checked, { bridge, podRoutes }: Cni): string[] {
  if (bridge !== null)
    return [
      '# the port of the bridge behind which the target pod is (ping once, so that its MAC address is known)',
      `ping -c 1 -W 1 ${address} > /dev/null`,
      `MAC=$(ip neigh show ${address} dev ${bridge} | sed -n 's/.*lladdr \\([^ ]*\\).*/\\1/p')`,
      `TARGET_VETH=$(bridge fdb show br ${bridge} | awk -v mac="$MAC" '$1 == mac {print $3; exit}')`,
    ];
  if (!podRoutes)
    return [
      '# Cilium has no route for each pod: "any" shows all devices; narrow it to the lxc device of the pod when it is known',
      'TARGET_VETH=any',
    ];
  return [
    '# each pod has a route of its own',
    `TARGET_VETH=$(ip -o route get ${address} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')`,
  ];
}
