import { isPrivate } from '../../text/addresses.ts';
import type { Command, Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { chainCounters, counters, escaped, routes, routeTo, trackingCounters } from '../words/commands.ts';
import { familyOf } from '../words/display-filter.ts';
import { setsSysctl } from '../words/repairs.ts';

/** Packets that a machine takes in by one device and does not pass on to the next. */
export interface DroppedInside {
  /** Sender and receiver of the lost packets. */
  sender: string;
  receiver: string;
  from: number;
  to: number;
  conversationsPassing: number;
  /** Lost conversations whose handshake passed. */
  staged: number;
  /** Text about what passes the two devices. */
  passes: string;
  /** The packets are for the machine itself, which has to open a tunnel: the firewall sees them as its own. */
  isForItself: boolean;
}

/** A sysctl of one device: a dot in the name of the device is a slash in the key (sysctl(8)). */
const ofDevice = (device: string): string => device.replaceAll('.', '/').replaceAll(/[^\w/-]/g, '');

/** The reverse path filter, which only IPv4 has in the kernel, and a rule that drops. */
export function droppedInsideCauses(found: DroppedInside, names: Names): Cause[] {
  const { sender, receiver, from, to, conversationsPassing, staged, passes, isForItself } = found;
  const host = names.host(from);
  const [device, next] = [names.device(from), names.device(to)];
  const family = familyOf(sender);
  const through = device === null ? 'the device by which its packets come in' : device;
  const filtered: Cause = {
    id: 'filtered',
    cause: `a firewall rule or NetworkPolicy on ${host} drops the packets of ${names.address(sender)} to ${names.address(receiver)}`,
    for: [passes],
    against: [],
    confirm: [
      chainCounters(host, family, isForItself ? 'INPUT' : 'FORWARD', {
        expect: `a DROP counter that rises with each attempt from ${sender}`,
      }),
    ],
    fix: [
      `Remove the rule or policy on ${host} that drops packets from ${names.address(sender)} to ${names.address(receiver)}${device !== null && next !== null ? ` between ${device} and ${next}` : ''}.`,
    ],
  };
  const reversePath: Cause[] =
    family === 6
      ? []
      : [
          {
            id: 'reverse-path-filter',
            cause: `the reverse path filter of ${host} drops them: its route back to ${sender} does not use ${through}`,
            for: conversationsPassing + staged === 0 ? ['nothing passes between the two devices'] : [],
            against: staged > 0 ? ['it drops the first packet of a connection as well, and these passed'] : [],
            confirm: [
              routeTo(host, sender, {
                expect: `another device than ${device ?? 'the one by which its packets come in'}`,
                ...(device === null ? {} : { shows: { lacks: `dev ${escaped(device)} ` } }),
              }),
              counters(host, ['TcpExtIPReversePathFilter'], 4, {
                expect: 'it rises with each attempt, where the reverse path filter drops',
                shows: { rises: 'TcpExtIPReversePathFilter' },
              }),
            ],
            fix: [
              `Repair the route back to ${sender} on ${host}: it has to lead through ${through} (restart the CNI agent).`,
              ...(device === null
                ? []
                : [
                    setsSysctl(
                      host,
                      `net.ipv4.conf.${ofDevice(device)}.rp_filter`,
                      '2 net.ipv4.conf.all.rp_filter=2',
                      'until then',
                    ),
                  ]),
            ],
          },
        ];
  // The reverse path filter drops all that comes in by a device; a rule seldom does.
  const others: Cause = {
    id: 'conntrack-full',
    cause: `the connection table of ${host} is full, or a limit of it is reached`,
    for: [],
    against: [],
    confirm: [trackingCounters(host, 'drop', 'drop or insert_failed rises with each attempt')],
    fix: [`Raise net.netfilter.nf_conntrack_max on ${host}, if its table is full.`],
  };
  return [...(conversationsPassing + staged === 0 ? [...reversePath, filtered] : [filtered, ...reversePath]), others];
}

/** Commands that help whatever drops the packets. */
export const droppedInsideCommands = ({ sender, receiver, from }: DroppedInside, names: Names): Command[] => [
  routeTo(names.host(from), receiver, {
    expect: isPrivate(receiver)
      ? `a way on to ${receiver} through the next device; no route means that the machine drops them for lack of one`
      : 'a way on',
  }),
  routes(names.host(from), familyOf(sender), { expect: `how packets to ${sender} and ${receiver} are routed` }),
];
