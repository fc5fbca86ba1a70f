import type { Command } from '../rule/command.ts';
import type { Names, Occurrence } from '../rule/rule.ts';
import { counterOf, linkCounters, mtr, runs } from './commands.ts';
import { familyOf } from './display-filter.ts';

/** Who sends what is lost, who waits for it, and the two points between which it is lost; null where only one saw it. */
export interface LossyPath {
  sender: string;
  receiver: string;
  from: number | null;
  to: number | null;
}

/** Counters of packets that a machine itself drops, by what they carry. */
const DROPS = ['IpInDiscards'];
const DROPS_OF: Partial<Record<Occurrence['subject']['protocol'], readonly string[]>> = {
  tcp: [...DROPS, 'TcpExtTCPBacklogDrop'],
  udp: [...DROPS, 'UdpRcvbufErrors'],
};

/** Counters of the machines at both ends of the loss, and a path trace. */
export const lossCommands = (
  { sender, receiver, from, to, subject: { protocol } }: LossyPath & Pick<Occurrence, 'subject'>,
  names: Names,
): Command[] => [
  linkCounters(from === null ? names.nodeOf(sender) : names.host(from), 'TX errors or drops rise during the transfer'),
  runs(
    to === null ? names.nodeOf(receiver) : names.host(to),
    `ip -s link; nstat -az ${(DROPS_OF[protocol] ?? DROPS).map((name) => counterOf(name, familyOf(receiver))).join(' ')}`,
    { expect: 'RX errors or drops rise during the transfer' },
  ),
  mtr(names.machine(sender), receiver, 'loss at one hop and all hops after it'),
];

/** @param inside the two points are devices of one machine */
export const lossFix = (
  { sender, receiver, from, to, inside }: LossyPath & { inside: boolean },
  names: Names,
): string =>
  from === null || to === null
    ? `Capture at ${names.address(sender)} and at ${names.address(receiver)} at the same time: that shows between which devices the packets are lost.`
    : inside
      ? `Look at what drops between ${names.point(from)} and ${names.point(to)} on ${names.host(from)}: firewall rules, connection tracking (conntrack -S), a rate limit or queue (tc -s qdisc), the program that links the two.`
      : `Look at what lies between ${names.point(from)} and ${names.point(to)}: cable, switch port, hypervisor queue, a rate limit (tc qdisc) and its rate.`;
