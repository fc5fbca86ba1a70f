import { shellQuote } from '../../text/shell-quote.ts';
import type { Explanation, Names } from '../rule/rule.ts';
import { kubectl, runs } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { withAddress } from '../words/display-filter.ts';

/** A pod address that two nodes assigned, and what shows the two. */
export interface GivenTwice {
  address: string;
  /** Outer addresses of the two nodes, or their MAC addresses where nothing is encapsulated. */
  nodes: readonly string[];
  areMacs: boolean;
  connections: number;
  /** How often the node changed from one connection to the next; null where resets show the two nodes. */
  changes: number | null;
}

/** Explanation of a pod address that two nodes assigned. */
export function explainTorn({ address, nodes, areMacs, connections, changes }: GivenTwice, names: Names): Explanation {
  const nodeOf = (node: string): string =>
    areMacs ? `the machine with MAC ${node}` : `the node with ${names.address(node)}`;
  const many = nodes.length === 2 ? 'two' : nodes.length;
  const where = nodes.map((node) => (areMacs ? nodeOf(node) : names.address(node))).join(' and ');
  return {
    message: `Pods on ${many} nodes have the address ${names.address(address)}: ${where}`,
    why:
      changes !== null
        ? `It opens ${counted(connections, 'connection')}, from ${nodes.length === 2 ? 'the one node and the other' : 'one node and another'} in turn: ${counted(changes, 'change')}. A pod that moves changes its node once. What is sent to the address goes to one of the ${many} only.`
        : `${counted(connections, 'connection is', 'connections are')} asked for by way of one node, and ${nodes.length === 2 ? 'the other' : 'another'} one, which gets the answers, resets ${connections === 1 ? 'it' : 'them'}: its pod never asked.`,
    causes: [
      {
        id: 'address-given-twice',
        cause: `${many} nodes gave out the same address (overlapping pod ranges, stale address management of the CNI)`,
        for: [
          changes !== null
            ? `packets of ${address} come from ${where}, which have no other address in common`
            : `SYNs and resets of ${address} come from different nodes`,
        ],
        against: [],
      },
      // Without a tunnel the sender of the frame may be a router that has no pod at all.
      ...(areMacs
        ? [
            {
              id: 'two-routers',
              cause: 'two routers forward the packets of one pod in turn (ECMP, an active-active pair)',
              for: [],
              against: [],
            },
          ]
        : []),
    ],
    confirm: [
      kubectl(`get pods -A -o wide | grep -F ${shellQuote(` ${address} `)}`, `${many} pods, on ${many} nodes`),
      kubectl('get nodes -o custom-columns=NAME:.metadata.name,PODS:.spec.podCIDR', 'ranges that overlap'),
      ...nodes.map((node) =>
        runs(nodeOf(node), `ip route get ${shellQuote(address)}`, {
          expect: 'a local device: this node has a pod with the address',
        }),
      ),
    ],
    fix: [
      `Delete ${nodes.length === 2 ? 'one of the two' : 'all but one of the'} pods with ${address} (on ${where}), and clean the address management of the CNI, or give the nodes ranges that do not overlap.`,
    ],
    wireshark: `${withAddress(address)} && (tcp.flags.syn==1 || tcp.flags.reset==1 || udp)`,
  };
}
