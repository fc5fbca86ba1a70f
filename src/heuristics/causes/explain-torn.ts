import { shellQuote } from '../../text/shell-quote.ts';
import type { Explanation, Names } from '../rule/rule.ts';

/** Explanation of a pod address that two nodes assigned. */
export function explainTorn(address: string, nodes: readonly string[], connections: number, names: Names): Explanation {
  const where = nodes.map((node) => names.address(node)).join(' and ');
  return {
    message: `Pods on two nodes have the address ${names.address(address)}: ${where}`,
    why: `${connections} connections are asked for by way of one node, and the other one, which gets the answers, resets them: its pod never asked.`,
    causes: [
      {
        id: 'address-given-twice',
        cause: 'two nodes gave out the same address (overlapping pod ranges, stale address management of the CNI)',
        for: [`SYNs and resets of ${address} come from different nodes`],
        against: [],
      },
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: `kubectl get pods -A -o wide | grep -F ${shellQuote(` ${address} `)}`,
        expect: 'two pods, on two nodes',
      },
      {
        on: 'a machine with kubectl',
        command: `kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.spec.podCIDR`,
        expect: 'ranges that overlap',
      },
    ],
    fix: [
      'Delete one of the two pods, and clean the address management of the CNI (or give the nodes ranges that do not overlap).',
    ],
    wireshark: `ip.addr==${address} && (tcp.flags.syn==1 || tcp.flags.reset==1)`,
  };
}
