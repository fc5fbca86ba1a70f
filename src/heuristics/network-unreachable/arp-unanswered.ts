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
    recordedIn: 'lab/net-arp-unresolved',
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
    const heard = whatIsHeard(evidence);
    const silent = evidence.arp.filter((exchange) => isSilent(evidence, heard, exchange));
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

/** Who is heard where, as keys of point and address; built once, since a sweep makes thousands of exchanges. */
interface Heard {
  /** "asker target" that were answered at any point. */
  answered: Set<string>;
  /** Askers that got an answer, and targets that gave one, by point. */
  answeredAskers: Set<string>;
  answeringTargets: Set<string>;
  senders: Set<string>;
  receivers: Set<string>;
  /** By point: addresses that send or ask, and the targets that answer. */
  voices: Map<number, Set<string>>;
}

function whatIsHeard(evidence: Evidence): Heard {
  const replied = evidence.arp.filter((exchange) => exchange.replies.length > 0);
  const voices = new Map<number, Set<string>>();
  const hear = (point: number, address: string): void => {
    const known = voices.get(point);
    if (known === undefined) voices.set(point, new Set([address]));
    else known.add(address);
  };
  for (const { point, asker, target, replies } of evidence.arp) {
    hear(point, asker);
    if (replies.length > 0) hear(point, target);
  }
  for (const { point, address, sent } of evidence.hosts) if (sent > 0) hear(point, address);
  return {
    answered: new Set(replied.map(({ asker, target }) => `${asker} ${target}`)),
    answeredAskers: new Set(replied.map(({ point, asker }) => `${point} ${asker}`)),
    answeringTargets: new Set(replied.map(({ point, target }) => `${point} ${target}`)),
    senders: new Set(evidence.hosts.filter(({ sent }) => sent > 0).map(({ point, address }) => `${point} ${address}`)),
    receivers: new Set(
      evidence.hosts.filter(({ received }) => received > 0).map(({ point, address }) => `${point} ${address}`),
    ),
    voices,
  };
}

function isSilent(evidence: Evidence, heard: Heard, exchange: ArpExchange): boolean {
  const { point, asker, target } = exchange;
  if (exchange.gratuitous || exchange.replies.length > 0 || exchange.requestsTotal < thresholds.requests.value)
    return false;
  if (isSpecial(target) || asker === target || isSpecial(asker)) return false;
  const latest = indexOf(evidence).endOf(point) - thresholds.guardSeconds.value;
  if (exchange.requests.filter(({ time }) => time <= latest).length < thresholds.requests.value) return false;
  return (
    !heard.answered.has(`${asker} ${target}`) &&
    !heard.senders.has(`${point} ${target}`) &&
    seesAsker(heard, point, asker)
  );
}

/**
 * A bystander's port floods broadcasts only. The asker's side shows its unicast traffic: IP packets to it, an ARP
 * answer to it; or the asker is all there is to hear, where a bystander would be heard itself.
 */
const seesAsker = (heard: Heard, point: number, asker: string): boolean =>
  heard.receivers.has(`${point} ${asker}`) ||
  heard.answeredAskers.has(`${point} ${asker}`) ||
  heard.answeringTargets.has(`${point} ${asker}`) ||
  heard.voices.get(point)?.size === 1;

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
