import type { Connection, Direction, Evidence } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { subjectOf } from '../../facts/subject.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { watches } from '../../words/commands.ts';
import { oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { setsSysctl } from '../../words/repairs.ts';

const thresholds = {
  sacks: { value: 3, unit: 'packets', source: 'RFC 5681, 3.2: three acknowledgements in a row count' },
  foreignOctets: { value: 1_000_000, unit: 'octets', source: 'docs/thresholds.md, foreign-octets' },
} as const;

interface Untranslated extends Occurrence {
  receiver: string;
  sender: string;
  sacks: number;
  point: number;
  /** A point where the same SACK blocks fit. Null if no such point was captured. */
  rightAt: number | null;
}

/** A device on the way changes sequence numbers but does not change the SACK blocks. */
export const seqRewritingMiddlebox = defineRule<Untranslated>({
  meta: {
    id: 'seq-rewriting-middlebox',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'corpus/cisco-system-traffic-generator+trex-core/scripts__exp__tcp2_http_rst_middle_s.pcap',
    place: 'mechanism',
    summary: 'A device on the way changes sequence numbers and not the SACK blocks that name them',
    meaning:
      'A firewall that makes initial sequence numbers random has to translate all of TCP. When it leaves out the SACK option the sender cannot use it, or drops the acknowledgements: after a loss the transfer crawls.',
    rule: 'Three or more acknowledgements of one direction whose SACK blocks all lie more than 1,000,000 octets from the acknowledgement number beside them and from all that the other side has sent.',
    notThis: [
      'The capture missed some of the data: SACK blocks then lie just beyond what was seen.',
      'A D-SACK names octets below the acknowledgement, close to it.',
      'The other side did send data with such numbers: they were damaged, and the SACK says so.',
      'One or two packets only: damaged.',
    ],
    causes: [
      'A firewall that randomises sequence numbers without translating SACK',
      'A load balancer that splices connections',
    ],
    confirm: [
      {
        on: 'both ends',
        command: 'tcpdump -nn -S -v "tcp port <port>"',
        expect: 'the sequence numbers of one packet differ, and its SACK blocks do not',
      },
    ],
    fix: ['Turn sequence number randomisation off on that device, or have it translate SACK; else net.ipv4.tcp_sack=0'],
    references: ['RFC 2018, 3', 'RFC 3234, 2.5'],
  },
  thresholds,

  *detect(evidence) {
    const index = indexOf(evidence);
    for (const conversation of index.tcp) {
      for (const direction of [0, 1] as const) {
        const legs = index.connections(conversation);
        const wrong = legs.find((leg) => leg.directions[direction].foreignSacksTotal >= thresholds.sacks.value);
        if (wrong !== undefined) yield occurrenceOf(evidence, legs, wrong, direction, conversation.index);
      }
    }
  },

  explain({ receiver, sender, sacks, point, rightAt }, names) {
    return {
      message: `SACKs of ${names.address(receiver)} name octets that ${names.address(sender)} never sent (${sacks} acknowledgements): a device on the way changes sequence numbers and not the SACK blocks`,
      why: 'The acknowledgement number in the same packets fits what was sent, the SACK blocks are more than a megabyte away. The sender cannot tell from them which octets are missing, and repairs each loss by a timeout.',
      causes: [
        {
          id: 'sack-not-translated',
          cause: 'a firewall or load balancer changes sequence numbers and does not translate the SACK option',
          for: [
            `${sacks} acknowledgements show it at ${names.point(point)}`,
            ...(rightAt === null ? [] : [`at ${names.point(rightAt)} the blocks fit: the device lies between the two`]),
          ],
          against: [],
        },
      ],
      confirm: [receiver, sender].map((end) =>
        watches(
          names.machine(end),
          `host ${receiver} and host ${sender}`,
          {
            expect: 'the sequence numbers of one packet differ at the two ends, and its SACK blocks do not',
          },
          { how: ' -S -v' },
        ),
      ),
      fix: [
        'Turn off the randomisation of sequence numbers on that device, or have it translate SACK.',
        setsSysctl(
          names.machine(receiver),
          'net.ipv4.tcp_sack',
          '0',
          'until then: slower than SACK that works, faster than SACK that lies',
        ),
      ],
      wireshark: `tcp.options.sack && ${oneWay(receiver, sender)}`,
    };
  },
});

function occurrenceOf(
  evidence: Evidence,
  legs: readonly Connection[],
  wrong: Connection,
  direction: Direction,
  conversation: number,
): Untranslated {
  const stats = wrong.directions[direction];
  const [receiver, sender] =
    direction === 0 ? [wrong.client.address, wrong.server.address] : [wrong.server.address, wrong.client.address];
  const right = legs.find((leg) => leg.point !== wrong.point && leg.directions[direction].foreignSacksTotal === 0);
  const note = (): string => 'SACK of octets that were never sent';
  return {
    key: `${receiver}>${sender}`,
    grade: gradeOf({ 'right-at-another-point': whereSeen(right !== undefined) }),
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    place: `on the path of ${receiver} to ${sender}, seen from ${evidence.points[wrong.point].name}`,
    ...excerpt(packetsAt(wrong.point, stats.foreignSacks, note, direction === 0 ? '>' : '<')),
    reach: 1,
    measured: { sacks: stats.foreignSacksTotal },
    receiver,
    sender,
    sacks: stats.foreignSacksTotal,
    point: wrong.point,
    rightAt: right?.point ?? null,
  };
}
