import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { ENDINGS_THRESHOLDS } from '../../facts/tcp/endings.ts';
import { transferPackets } from '../../facts/tcp/transfer-packets.ts';
import {
  type LongTransfer,
  longestByServer,
  longTransfers,
  rateOf,
  rateText,
  TRANSFER_THRESHOLDS,
} from '../../facts/tcp/transfers.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  samples: { value: 20, unit: 'count', source: 'docs/thresholds.md, queue-on-path' },
  risen: { value: 0.1, unit: 's', source: 'docs/thresholds.md, queue-on-path' },
  risenFactor: { value: 2, unit: 'factor', source: 'docs/thresholds.md, queue-on-path' },
  correlation: { value: 0.7, unit: 'share', source: 'docs/thresholds.md, queue-on-path' },
} as const;

interface Bloat extends Occurrence {
  server: string;
  sender: string;
  receiver: string;
  least: number;
  risen: number;
  leastFlight: number;
  mostFlight: number;
  samples: number;
  rate: number;
}

/** A queue on the path delays packets the more the more octets are under way. */
export const bufferbloat = defineRule<Bloat>({
  meta: {
    id: 'bufferbloat',
    faultClass: 'application',
    level: 'warning',
    recordedIn: 'test/pcaps/bufferbloat',
    place: 'mechanism',
    summary: 'A queue on the path grows with what is under way, and delays everything',
    meaning:
      'A device before the narrowest link keeps packets in a large buffer instead of dropping them. A large transfer fills it, and all that shares the link waits behind it.',
    rule: 'During a large transfer that lost nothing, seen at its sender, the round trip rises with the octets under way (correlation of 0.7 and more over twenty samples), by 100 ms and twice the shortest one or more.',
    notThis: [
      'Round trips that vary without regard to what is under way: jitter, or a busy receiver.',
      'A short queue: below 100 ms.',
      'Seen at the receiver, where round trips are not those of the path.',
    ],
    causes: ['A large buffer before a slow link (modem, VPN gateway, shaper, virtual NIC)'],
    confirm: [
      {
        on: '<client>',
        command: 'ping <server> while the transfer runs',
        expect: 'the round trip rises, and falls when it ends',
      },
    ],
    fix: [
      'Use an active queue (fq_codel, cake) before the slow link',
      'Limit the rate of the transfer below that of the link',
    ],
    references: ['RFC 8033, 1: bufferbloat', 'RFC 7567'],
  },
  thresholds: {
    ...thresholds,
    ...TRANSFER_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, longest, all } of longestByServer(longTransfers(evidence), isQueued)) {
      const { leg, transfer } = longest;
      const queue = transfer.queue!;
      const [from, to] = transfer.direction === TO_SERVER ? [leg.client, leg.server] : [leg.server, leg.client];
      yield {
        ...aboutConnections(evidence, server, all, transferPackets),
        place: `on the path from ${from.address} to ${to.address}`,
        grade: gradeOf({ 'round-trip-follows-the-octets-under-way': 'passed' }),
        measured: {
          shortestSeconds: leg.rtt[transfer.direction]?.min ?? 0,
          risenSeconds: queue.risen,
          leastFlight: queue.leastFlight,
          mostFlight: queue.mostFlight,
          samples: queue.samples,
          correlation: queue.correlation,
        },
        server,
        sender: from.address,
        receiver: to.address,
        least: leg.rtt[transfer.direction]?.min ?? 0,
        risen: queue.risen,
        leastFlight: queue.leastFlight,
        mostFlight: queue.mostFlight,
        samples: queue.samples,
        rate: rateOf(transfer),
      };
    }
  },

  explain({ server, sender, receiver, least, risen, leastFlight, mostFlight, samples, rate }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `A queue between ${names.address(sender)} and ${names.address(receiver)} delays packets by up to ${duration(risen)}: the round trip follows what is under way`,
      why: `The shortest round trip is ${duration(least)}. With ${mostFlight} octets under way it is ${duration(risen)} longer than with ${leastFlight} (${samples} samples), at ${rateText(rate)}: they wait before the narrowest link, and everything else on it waits with them.`,
      causes: [
        {
          id: 'large-buffer',
          cause: 'a device before the narrowest link has a large buffer and no active queue management',
          telling: ['the delay grows with the octets under way'],
          for: ['nothing is dropped'],
          against: [],
        },
      ],
      confirm: [
        {
          on: 'each node of the path',
          command: 'tc -s qdisc show',
          expect: 'a large backlog, or pfifo before a shaper',
        },
      ],
      fix: ['Use fq_codel or cake before the slow link, or limit the rate of the transfer below it.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.analysis.ack_rtt`,
    };
  },
});

function isQueued({ leg, transfer }: LongTransfer): boolean {
  const { queue } = transfer;
  const shortest = leg.rtt[transfer.direction]?.min ?? 0;
  return (
    queue !== null &&
    queue.samples >= thresholds.samples.value &&
    queue.correlation >= thresholds.correlation.value &&
    queue.risen >= Math.max(thresholds.risen.value, thresholds.risenFactor.value * shortest)
  );
}
