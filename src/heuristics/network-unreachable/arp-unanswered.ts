import type { ArpExchange, Evidence } from '../../flows/evidence.ts';
import { isSpecial } from '../address-kind.ts';
import { appendTo } from '../append-to.ts';
import { indexOf } from '../evidence-index.ts';
import { againAfter, excerpt, packetsAt } from '../excerpt.ts';
import { defineHeuristic, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  requests: {
    value: 3,
    source: 'Linux net.ipv4.neigh.*.mcast_solicit: three requests, one second apart, then the neighbour has failed',
  },
  guardSeconds: { value: 1, source: 'Linux net.ipv4.neigh.*.retrans_time_ms: an answer may still come within 1 s' },
  sweepTargets: { value: 10, source: 'a host that asks for ten silent addresses of one network sweeps it' },
};

interface Unanswered extends Occurrence {
  asker: string;
  target: string;
  requests: number;
  protocol: 'arp' | 'nd';
}

/** ARP or neighbour solicitation for the next hop gets no answer. */
export const arpUnanswered = defineHeuristic<Unanswered>({
  meta: {
    id: 'arp-unanswered',
    faultClass: 'network-unreachable',
    level: 'error',
    summary: 'ARP for the next hop gets no answer',
    meaning: 'The sender cannot find the MAC address of its next hop, so no IP packet leaves at all.',
    rule: 'Three or more requests of one asker for one address, each 1 s or more before the capture ends, no answer at that point, where the asker’s own traffic is visible.',
    notThis: [
      'A bystander sees broadcast requests but never the unicast answers: the asker’s own unicast traffic must be visible at the point.',
      'The target is seen to send IP packets at the point: the answer was missed.',
      'Sweeps: an asker with ten or more silent targets is told once, as a note.',
      'Announcements and probes (RFC 5227) are no requests.',
    ],
    causes: [
      'The target is down or has another address',
      'It is in another segment (wrong netmask, VLAN, bridge port)',
      'The CNI did not set up proxy ARP on the veth',
    ],
    confirm: [{ on: '<asker>', command: 'ip neigh show <target>', expect: 'FAILED or INCOMPLETE' }],
    fix: ['Start or renumber the target, or repair the segment between them'],
    references: ['RFC 826', 'RFC 4861, 7.2.2', 'RFC 5227'],
  },
  thresholds,

  *detect(evidence) {
    const silent = evidence.arp.filter((exchange) => isSilent(evidence, exchange));
    const byAsker = new Map<string, ArpExchange[]>();
    for (const exchange of silent) {
      const key = `${exchange.point} ${exchange.asker}`;
      appendTo(byAsker, key, exchange);
    }
    for (const exchanges of byAsker.values()) {
      const targets = new Set(exchanges.map((exchange) => exchange.target));
      const sweep = targets.size >= thresholds.sweepTargets.value;
      const shown = sweep ? [...targets].slice(0, 1) : [...targets];
      for (const target of shown)
        yield occurrenceOf(
          evidence,
          exchanges.filter((exchange) => exchange.target === target),
          sweep,
        );
    }
  },

  explain({ asker, target, requests, protocol }, names) {
    const name = protocol === 'arp' ? 'ARP' : 'Neighbour discovery';
    return {
      message: `${name}: ${names.address(asker)} asks ${requests} times who has ${names.address(target)} and nobody answers`,
      why: 'Without the MAC address of the next hop no packet can be sent to it. The sender gives up after about 3 s with "no route to host".',
      hypotheses: [
        {
          cause: `${target} is down or has another address`,
          likelihood: 'likely',
          for: [`no packet of ${target} in the capture`],
          against: [],
        },
        {
          cause: 'the two are not in the same segment (netmask, VLAN, bridge port)',
          likelihood: 'possible',
          for: [],
          against: [],
        },
      ],
      confirm: [
        { on: asker, command: `ip neigh show ${shellQuote(target)}`, expect: 'FAILED or INCOMPLETE' },
        { on: target, command: 'ip -br addr; ip -br link', expect: 'the address is missing or the link is down' },
        {
          on: asker,
          command: `ip route get ${shellQuote(target)}`,
          expect: 'directly connected although it should go through a gateway',
        },
      ],
      fix: [`Start ${target}, give it this address, or repair the segment between the two.`],
      wireshark: `arp && arp.dst.proto_ipv4==${target}`,
    };
  },
});

function isSilent(evidence: Evidence, exchange: ArpExchange): boolean {
  if (exchange.gratuitous || exchange.replies.length > 0 || exchange.requestsTotal < thresholds.requests.value)
    return false;
  if (isSpecial(exchange.target) || exchange.asker === exchange.target || isSpecial(exchange.asker)) return false;
  const latest = indexOf(evidence).endOf(exchange.point) - thresholds.guardSeconds.value;
  if (exchange.requests.filter(({ time }) => time <= latest).length < thresholds.requests.value) return false;
  const answeredElsewhere = evidence.arp.some(
    (other) => other.target === exchange.target && other.asker === exchange.asker && other.replies.length > 0,
  );
  return !answeredElsewhere && !speaks(evidence, exchange.point, exchange.target) && seesAsker(evidence, exchange);
}

const speaks = (evidence: Evidence, point: number, address: string): boolean =>
  evidence.hosts.some((host) => host.point === point && host.address === address && host.sent > 0);

/**
 * A bystander's port floods broadcasts only. The asker's side shows its unicast traffic: IP packets to it, an ARP
 * answer to it; or the asker is all there is to hear, where a bystander would be heard itself.
 */
function seesAsker(evidence: Evidence, { point, asker }: ArpExchange): boolean {
  const received = evidence.hosts.some((host) => host.point === point && host.address === asker && host.received > 0);
  const answered = evidence.arp.some(
    (other) => other.point === point && other.asker === asker && other.replies.length > 0,
  );
  const answers = evidence.arp.some(
    (other) => other.point === point && other.target === asker && other.replies.length > 0,
  );
  return received || answered || answers || isAlone(evidence, point, asker);
}

/** Nobody but the asker is heard at the point. */
const isAlone = (evidence: Evidence, point: number, asker: string): boolean =>
  evidence.arp.every((other) => other.point !== point || (other.asker === asker && other.replies.length === 0)) &&
  evidence.hosts.every((host) => host.point !== point || host.address === asker || host.sent === 0);

function occurrenceOf(evidence: Evidence, exchanges: readonly ArpExchange[], sweep: boolean): Unanswered {
  const [{ point, asker, target, protocol }] = exchanges;
  const requests = exchanges.flatMap((exchange) => exchange.requests);
  const total = exchanges.reduce((sum, exchange) => sum + exchange.requestsTotal, 0);
  const conversations = evidence.conversations.filter((conversation) =>
    conversation.legs.some((leg) => leg.client.address === target || leg.server.address === target),
  );
  return {
    key: `${asker}>${target}`,
    ...(sweep && { level: 'note' as const }),
    grade: 'confirmed',
    subject: { protocol: 'arp', client: asker, server: target },
    conversations: conversations.map((conversation) => conversation.index),
    place: `in the segment of ${evidence.points[point].name}`,
    ...excerpt(packetsAt(point, requests, againAfter(`who has ${target}`, requests[0]), '>')),
    reach: Math.max(1, exchanges.length),
    measured: { requests: total, seconds: requests[requests.length - 1].time - requests[0].time },
    asker,
    target,
    requests: total,
    protocol,
  };
}
