import type { Evidence, TunnelFlow } from '../../flows/evidence.ts';
import { excerpt } from '../excerpt.ts';
import { defineHeuristic, type Occurrence } from '../heuristic.ts';
import { breakPointOf } from '../place.ts';
import { shellQuote } from '../shell-quote.ts';
import { subjectOf } from '../subject.ts';
import { fateOf, firstPackets, meantVtep, sendingVtep } from './vtep.ts';

const thresholds = {
  packets: { value: 2, source: 'one retry: a single packet may have been under way during a change' },
};

interface WrongDestination extends Occurrence {
  sender: string;
  vtep: string;
  sentTo: string;
  livesAt: string[];
  owner: string | null;
}

/** The outer destination is not the node that has the inner destination. */
export const vxlanWrongDestination = defineHeuristic<WrongDestination>({
  meta: {
    id: 'vxlan-wrong-destination',
    faultClass: 'cni',
    level: 'error',
    summary: 'Tunnel packets are sent to another node than the one that has the inner destination',
    meaning:
      'The forwarding table of the VXLAN device maps the remote VTEP’s MAC to the wrong node address. That node drops what is not for it.',
    rule: 'Packets for an inner destination MAC go to one outer address, while the VTEP with that MAC sends from (or others reach it at) another; what goes to the wrong one gets no answer (two packets or more).',
    notThis: [
      'The remote node has two addresses and answers on both.',
      'Broadcast and multicast inner destinations go to several nodes by design.',
    ],
    causes: ['Stale or wrong FDB entry', 'Wrong public-ip annotation of the node', 'A node was replaced'],
    confirm: [{ on: '<sending node>', command: 'bridge fdb show dev flannel.1 | grep <mac>', expect: 'a wrong dst' }],
    fix: ['Correct the FDB entry, or restart the CNI agent on the sending node'],
    references: ['RFC 7348, 4.1', 'bridge(8)'],
  },
  thresholds,

  *detect(evidence) {
    const homes = homesOf(evidence);
    for (const flow of evidence.tunnels) {
      const vtep = meantVtep(flow);
      const livesAt = vtep === null ? undefined : homes.get(`${flow.networkId} ${vtep}`);
      if (vtep === null || livesAt === undefined || livesAt.has(flow.destination)) continue;
      const fate = fateOf(evidence, [flow]);
      if (fate.answered.length > 0 || fate.unansweredPackets < thresholds.packets.value) continue;
      const found = breakPointOf(fate.unanswered);
      yield {
        key: `${flow.source}>${flow.destination} for ${[...livesAt].sort().join(',')}`,
        grade: 'confirmed',
        subject: subjectOf(fate.unanswered).subject,
        conversations: fate.unanswered.map((conversation) => conversation.index),
        between: found?.between ?? null,
        place: `on the node with ${flow.source}: its forwarding table`,
        ...excerpt(
          firstPackets(
            [flow],
            () => `for ${vtep}, sent to ${flow.destination}, which lives at ${[...livesAt].join(', ')}`,
          ),
        ),
        reach: fate.unanswered.length,
        measured: {
          outerDestination: flow.destination,
          rightDestination: [...livesAt],
          innerDestinationMac: vtep,
          packets: flow.packets,
        },
        sender: flow.source,
        vtep,
        sentTo: flow.destination,
        livesAt: [...livesAt].sort(),
        owner: ownerOf(evidence, flow),
      };
    }
  },

  explain({ sender, vtep, sentTo, livesAt, owner }, names) {
    const home = livesAt.map((address) => names.address(address)).join(', ');
    return {
      message: `${names.address(sender)} sends tunnel packets for ${vtep} to ${names.address(sentTo)}, but that VTEP is at ${home}`,
      why: `The packets reach a node that does not own the inner destination, and it drops them.${owner === null ? '' : ` The VTEP of ${sentTo} is ${owner}.`}`,
      hypotheses: [
        {
          cause: `a wrong entry in the forwarding table of the VXLAN device on ${sender}`,
          likelihood: 'likely',
          for: [`${vtep} itself sends from, or is reached at, ${home}`],
          against: [],
        },
        {
          cause: 'the node was replaced or re-addressed and the entry is stale',
          likelihood: 'possible',
          for: [],
          against: [],
        },
      ],
      confirm: [
        {
          on: sender,
          command: `bridge fdb show | grep -i ${shellQuote(vtep)}`,
          expect: `dst ${sentTo} instead of ${livesAt[0]}`,
        },
        { on: livesAt[0], command: 'ip -d link show type vxlan', expect: `link/ether ${vtep}` },
      ],
      fix: [
        `Correct the entry (bridge fdb replace ${vtep} dev <vxlan device> dst ${livesAt[0]}), or restart the CNI agent on ${sender}.`,
      ],
      wireshark: `ip.src==${sender} && ip.dst==${sentTo} && eth.dst==${vtep}`,
    };
  },
});

/** Where each VTEP lives: the outer addresses it sends from. */
function homesOf(evidence: Evidence): Map<string, Set<string>> {
  const homes = new Map<string, Set<string>>();
  for (const flow of evidence.tunnels) {
    const mac = sendingVtep(flow);
    if (mac === null) continue;
    const key = `${flow.networkId} ${mac}`;
    homes.set(key, (homes.get(key) ?? new Set()).add(flow.source));
  }
  return homes;
}

/** MAC of the VTEP that does live at the address the packets go to. */
function ownerOf(evidence: Evidence, { destination }: TunnelFlow): string | null {
  const own = evidence.tunnels.find((flow) => flow.source === destination && sendingVtep(flow) !== null);
  return own === undefined ? null : sendingVtep(own);
}
