import { inVainCauses, inVainText, inVainWhy } from '../../causes/data-in-vain.ts';
import { finsCauses, finsText, finsWhy } from '../../causes/fins-in-vain.ts';
import { PURE_ACKS } from '../../facts/counter/acknowledgements.ts';
import { lossesOfDatagrams } from '../../facts/datagram-losses.ts';
import { ECHO_LOSS_THRESHOLDS, lossesOfEchoes } from '../../facts/echo-losses.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { lossesOfRequests, REQUEST_LOSS_THRESHOLDS } from '../../facts/request-losses.ts';
import { BACKGROUND_THRESHOLDS } from '../../facts/tcp/background-loss.ts';
import { dataInVain, IN_VAIN_THRESHOLDS, VAIN_CONNECTIONS } from '../../facts/tcp/data-in-vain.ts';
import { FINS_THRESHOLDS, finsInVain } from '../../facts/tcp/fins-in-vain.ts';
import { HEAVY_LOSS } from '../../facts/tcp/heavy-loss.ts';
import { lossesOfHops } from '../../facts/tcp/hop-losses.ts';
import { BURST_THRESHOLDS, lossCauses } from '../../facts/tcp/loss-bursts.ts';
import {
  exactOccurrence,
  finsOccurrence,
  LOSS_THRESHOLDS,
  type Loss,
  onePointOccurrence,
  requestOccurrence,
  vainOccurrence,
} from '../../facts/tcp/loss-occurrences.ts';
import { APPENDED_THRESHOLDS } from '../../facts/tcp/loss-over-many.ts';
import { lostText, shapeText, sizesText } from '../../facts/tcp/loss-shape.ts';
import { lossesAtOnePoint, ONE_POINT_THRESHOLDS } from '../../facts/tcp/one-point-loss.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { VANISHED_THRESHOLDS } from '../../facts/vanished.ts';
import { defineRule, type Names } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';
import { lossCommands, lossFix } from '../../words/loss-commands.ts';

const thresholds = { ...ONE_POINT_THRESHOLDS, ...LOSS_THRESHOLDS } as const;

/** Packets are lost regardless of their size. */
export const packetLoss = defineRule<Loss>({
  meta: {
    id: 'packet-loss',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-loss-3pct-offload-on',
    place: 'last-seen',
    symptomOf: 'silent-path',
    explains: ['reordering', 'server-slow', 'dns-slow', 'dns-no-response'],
    summary: 'Packets are lost without regard to their size',
    meaning: 'Some of the packets of a transfer do not arrive. TCP repairs it by sending again, at the price of speed.',
    rule: 'With several points: packets with data, SYNs and FINs seen at one and not at the next, three or more, counted exactly; datagrams likewise. With one point: three echo requests or more without a reply between others that are answered (a warning), and UDP requests likewise where each of ten others or more got one answer, a quarter at most got none, and the client waited twice as long as any took; data sent again, or holes that are filled later, three or more and 0.5 % of at least 20 data segments, in one connection (of fewer, but at least 8: five timeouts, a quarter of all, 2 s of standstill, and all acknowledged at last) or in many short ones of a pair of hosts (three of which lose some); error from 2 % where data is among what was lost. Or octets that any link carries are sent three times over 2 s, or missing for 2 s, or to the end, in two connections, while their receiver still asks for them. Or the FIN of two connections, and half of those that the side ends, is sent three times over 2 s while its receiver sends other packets, or it never comes although a later packet is numbered after it (a warning).',
    notThis: [
      'Only large packets are lost: mtu-black-hole.',
      'Late originals: reordering.',
      'Spurious retransmissions, which the receiver had already (D-SACK), and tail-loss probes.',
      'Data sent into a shut window is refused and repeated when it opens: zero-window-stall.',
      'Working path MTU discovery: ICMP "fragmentation needed" made the sender repeat in smaller segments.',
      'Copies of packets in the capture: merged before TCP is analysed.',
      'Packets that the capture missed: acknowledged and never captured, gated above 10 %.',
      'Sent again sooner than half a round trip after the last sending, or acknowledged as soon: nobody knew of a loss by then.',
      'Streams over UDP that both sides send at a pace of their own: no packet of theirs waits for another.',
      'Messages over UDP that want no answer, between others that do: keep-alives of a NAT (RFC 3948), data of which every second packet is acknowledged. More than a quarter of the packets are such ones.',
      'A FIN whose receiver is silent from then on may be a peer that has gone.',
      'SYNs that are repeated, single FINs, padding of short packets that the IP length counts, TCP Fast Open data that was left alone.',
      'A peer that is gone acknowledges nothing: peer-vanished.',
      'Echo requests that all go unanswered from some moment on, or that are larger than all that are answered: no-reply, mtu-black-hole.',
      'Nothing passes after the handshake: dropped-in-node, lost-in-underlay.',
    ],
    causes: ['A bad link, cable or NIC', 'A full queue or a rate limiter', 'An overloaded node'],
    confirm: [
      {
        on: 'both nodes',
        command: 'ip -s link show <nic>; ethtool -S <nic>; tc -s qdisc',
        expect: 'errors or drops rise',
      },
    ],
    fix: ['Repair the link, or give the queue or limit more room'],
    references: ['RFC 5681', 'RFC 2883', 'RFC 8985'],
  },
  thresholds: {
    ...thresholds,
    ...PURE_ACKS,
    ...FINS_THRESHOLDS,
    ...REQUEST_LOSS_THRESHOLDS,
    ...BURST_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...BACKGROUND_THRESHOLDS,
    ...APPENDED_THRESHOLDS,
    ...HEAVY_LOSS,
    ...IN_VAIN_THRESHOLDS,
    vainConnections: VAIN_CONNECTIONS,
    ...VANISHED_THRESHOLDS,
    ...ECHO_LOSS_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
  },

  *detect(evidence) {
    const least = thresholds.events.value;
    const exact = lossesOfHops(evidence, least).map((group) => exactOccurrence(evidence, group));
    yield* exact;
    const datagrams = lossesOfDatagrams(evidence, least).map((group) => exactOccurrence(evidence, group, true));
    yield* datagrams;
    const covered = new Set(exact.flatMap((occurrence) => occurrence.conversations));
    const single = lossesAtOnePoint(evidence, covered).map((loss) => onePointOccurrence(evidence, loss));
    yield* single;
    const counted = new Set(datagrams.flatMap(({ conversations }) => conversations));
    for (const loss of [...lossesOfEchoes(evidence, counted), ...lossesOfRequests(evidence, counted)])
      yield requestOccurrence(evidence, loss);
    const told = new Set(single.map(({ key }) => key));
    for (const vain of dataInVain(evidence))
      if (!told.has(`${vain.sender}>${vain.receiver}`)) yield vainOccurrence(evidence, vain);
    for (const fins of finsInVain(evidence)) yield finsOccurrence(evidence, fins);
  },

  explain(loss, names) {
    const { sender, receiver, vain, datagrams, requests } = loss;
    return {
      ...wordsOf(loss, names),
      confirm: lossCommands(loss, names),
      fix: [lossFix(loss, names)],
      wireshark:
        datagrams || requests !== null
          ? oneWay(sender, receiver)
          : `tcp.analysis.${vain !== null && vain.sendings === 0 ? 'lost_segment' : 'retransmission'} && ${oneWay(sender, receiver)}`,
    };
  },
});

interface LossWords {
  message: string;
  why: string;
  causes: Cause[];
}

/** What is said of a loss, by how it was seen. */
function wordsOf(loss: Loss, names: Names): LossWords {
  const { lost, sent, connections, sender, receiver, bursts, vain, fins, datagrams, requests } = loss;
  if (vain !== null)
    return { message: inVainText(vain, names), why: inVainWhy(vain, names), causes: inVainCauses(vain, names) };
  if (fins !== null)
    return { message: finsText(fins, names), why: finsWhy(fins, names), causes: finsCauses(fins, names) };
  const percent = `${(loss.share * 100).toFixed(2)} %`;
  const causes = lossCauses(bursts);
  if (requests !== null)
    return {
      message: `${lost} of ${counted(sent, requests.what)} (${percent}) of ${names.address(sender)} to ${names.address(receiver)}${requests.port > 0 ? ` port ${requests.port}` : ''} get no reply`,
      why:
        requests.port > 0
          ? 'Others before and after them are answered, one answer each, and the client waits longer for these than any answer takes: some are lost on the way there or back, or the server leaves them out (a full socket buffer, a rate limit).'
          : 'Others between them are answered, of the same size or larger: some are lost on the way there or back.',
      causes,
    };
  if (loss.exact)
    return {
      message: `${lost} of ${counted(sent, datagrams ? 'datagram' : 'packet')} (${percent}) ${lost === 1 ? 'is' : 'are'} lost between ${names.point(loss.from!)} and ${names.point(loss.to!)}${datagrams ? '' : `: ${lostText(loss)}`}`,
      why: datagrams ? sizesText(loss.shape) : shapeText(loss.shape),
      causes,
    };
  return {
    message: `About ${percent} of the data from ${names.address(sender)} to ${names.address(receiver)} is lost (${lost} of ${counted(sent, 'segment')}${connections > 1 ? ` in ${connections} connections` : ''} had to be sent again)`,
    why: shapeText(loss.shape),
    causes,
  };
}
