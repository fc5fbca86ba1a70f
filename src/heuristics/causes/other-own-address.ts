import type { Evidence } from '../../flows/evidence/evidence.ts';
import { spokenFor } from '../facts/arp-speakers.ts';
import { serviceAddressesOf } from '../facts/service-addresses.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { addressesOf, listens } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { familyOf } from '../words/display-filter.ts';

/** What the capture shows of the two addresses: the one that was asked, and the one that answers. */
export interface TwoAddresses {
  asked: string;
  answerer: string;
  port: number;
  /** A machine has the address that was asked: somebody asks for it by ARP, or it opens connections. */
  askedIsMachine: boolean;
  /** Why the asked address looks like that of a service; null where nothing says so. */
  service: string | null;
  /** MAC address that speaks for both by ARP; null where none does. */
  sharedMac: string | null;
}

export function twoAddresses(
  evidence: Evidence,
  point: number,
  asked: string,
  answerer: string,
  port: number,
): TwoAddresses {
  const macsOf = (address: string): string[] => spokenFor(evidence, point, address).map(({ mac }) => mac);
  const own = new Set(macsOf(asked));
  return {
    asked,
    answerer,
    port,
    askedIsMachine: serviceAddressesOf(evidence).isMachine(asked),
    service: serviceAddressesOf(evidence).signOf(asked)?.because ?? null,
    sharedMac: macsOf(answerer).find((mac) => own.has(mac)) ?? null,
  };
}

/** The server has both addresses, and its socket is bound to all of them: it answers from that of the way back. */
export function otherOwnAddressCause(
  { asked, answerer, port, askedIsMachine, sharedMac }: TwoAddresses,
  names: Names,
): Cause {
  return {
    id: 'other-own-address',
    cause: `${asked} and ${answerer} are addresses of one server, which listens on all of them and answers from the one of the interface that the answers leave by`,
    telling: sharedMac !== null ? [`${sharedMac} speaks for both addresses by ARP`] : [],
    for: askedIsMachine ? [`${asked} is the address of a machine: it is asked for by ARP, or opens connections`] : [],
    against: [],
    confirm: [
      addressesOf(names.machine(answerer), familyOf(answerer), { expect: `both addresses: ${asked} and ${answerer}` }),
      listens(names.machine(answerer), port, 'udp', {
        expect: `a socket on 0.0.0.0:${port} or [::]:${port}, and none on ${asked}`,
        shows: { has: `(?:0\\.0\\.0\\.0|\\*|\\[::\\]):${port}\\b` },
      }),
    ],
    fix: [
      `Bind the server on ${names.address(answerer)} to each of its addresses, one socket each, or let it answer from the address that was asked (IP_PKTINFO; unbound: interface-automatic, dnsmasq: bind-interfaces).`,
    ],
  };
}

/** A fact for causes that need a service address in front of the server. */
export const forTranslation = ({ asked, service }: TwoAddresses): string[] =>
  service === null ? [] : [`${asked} looks like a service address: ${service}`];

/** A fact against causes that need a service address in front of the server. */
export const againstTranslation = ({ asked, askedIsMachine }: TwoAddresses): string[] =>
  askedIsMachine ? [`${asked} is the address of a machine, and of no service`] : [];

/** Why UDP answers of another address are in vain. @param rejected ICMP errors about them */
export const whyInVain = (rejected: number): string =>
  `Each answer follows a request at once, from the same port to the same socket, so the way there works. ${
    rejected > 0
      ? `ICMP errors come back about ${counted(rejected, 'of the answers', 'of the answers')}: who sends them takes answers of the address that was asked only.`
      : 'A connected socket, a firewall and address translation take answers of the address that was asked only.'
  }`;
