import { shellQuote } from '../../text/shell-quote.ts';
import type { Command, Fix, Names } from '../rule/rule.ts';
import { counterOf, counters, runs } from '../words/commands.ts';
import { type Family, familyOf } from '../words/display-filter.ts';

/** Capture filters for fragments (pcap-filter(7)). */
export const FRAGMENTS: Readonly<Record<Family, string>> = {
  4: 'ip[6:2] & 0x3fff != 0',
  6: 'ip6[6] == 44',
};

/** Octets of a ping that needs three fragments over Ethernet. */
const FRAGMENTED_PING = 3000;

/** Commands that show that fragments do not arrive. */
export function fragmentCommands(source: string, destination: string, names: Names): Command[] {
  const family = familyOf(destination);
  return [
    runs(names.machine(source), `ping -c 3 -W 1 -M dont -s ${FRAGMENTED_PING} ${shellQuote(destination)}`, {
      expect: 'no answer, where a ping of ordinary size is answered',
      shows: { lacks: '[1-9]\\d* received' },
    }),
    counters(names.machine(destination), ['IpReasmTimeout', 'IpReasmFails'], family, {
      expect: 'both rise, about 30 s after each datagram',
      shows: { rises: counterOf('IpReasmFails', family) },
    }),
  ];
}

/** @param before the point where pieces are missing; null where it is not known */
export function fragmentFixes(
  source: string,
  destination: string,
  before: number | null,
  isDns: boolean,
  names: Names,
): Fix[] {
  const where = before === null ? 'on the way' : `before ${names.point(before)}`;
  return [
    ...(isDns ? ['Limit DNS answers to 1232 octets (EDNS buffer size; bufsize plugin of CoreDNS).'] : []),
    `Let fragments from ${names.address(source)} to ${names.address(destination)} pass ${where} (firewall, security group, cloud network).`,
    `Or send datagrams that need no fragmentation: lower the MTU of ${names.address(source)}, or the size that its application uses.`,
  ];
}
