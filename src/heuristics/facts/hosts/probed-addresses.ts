import type { AddressClaim, ArpExchange, Evidence } from '../../../flows/evidence/evidence.ts';
import type { Explanation, Names } from '../../rule/rule.ts';

export const PROBED_THRESHOLDS = {
  /** Seconds within which the owner of an address answers a request for it (RFC 4861, 10: RETRANS_TIMER). */
  ownerAnswerSeconds: { value: 1, unit: 's', source: 'RFC 4861, 10: RETRANS_TIMER' },
} as const;
/** The unspecified address. A host that asks from it wants to use the address it asks for (RFC 4862, 5.4.2). */
const NOBODY = '::';

/** An IPv6 address that one machine wanted to use and another one has. */
export interface ProbedAddress {
  probe: ArpExchange;
  claim: AddressClaim;
}

/**
 * Duplicate address detection that found a duplicate: the prober leaves the address unused ("dadfailed").
 *
 *   prober   ::       > who has fd00::7?
 *   owner    fd00::7  > fd00::7 is at 02:…:0b
 *
 * ARP is left out: switches that track their hosts ask from 0.0.0.0 for addresses that they do not want to use.
 */
export function probedAddresses({ arp, claims }: Evidence, isOwner: (claim: AddressClaim) => boolean): ProbedAddress[] {
  return arp.flatMap((probe): ProbedAddress[] => {
    if (probe.protocol !== 'nd' || probe.asker !== NOBODY) return [];
    const ofTarget = claims.filter(({ point, address }) => point === probe.point && address === probe.target);
    // The prober itself claims the address before or after the probe, so it has the address: this is no refusal.
    if (ofTarget.some(({ mac }) => mac === probe.askerMac)) return [];
    const claim = ofTarget.find((one) => isOwner(one) && probe.requests.some((request) => answers(one, request.time)));
    return claim === undefined ? [] : [{ probe, claim }];
  });
}

const answers = ({ first, last }: AddressClaim, asked: number): boolean =>
  [first, last].some(({ time }) => time >= asked && time - asked <= PROBED_THRESHOLDS.ownerAnswerSeconds.value);

export function explainProbed(address: string, [owner, prober]: readonly string[], names: Names): Explanation {
  return {
    message: `${prober} wanted the address ${names.address(address)}, which ${owner} has already`,
    why: 'Before a machine uses an IPv6 address it asks whether anybody has it. Here the answer was yes: it leaves the address unused and cannot be reached by it.',
    causes: [
      {
        id: 'address-given-twice',
        cause: 'the same address was given to two machines (by hand, a clone, stale address management of the CNI)',
        for: [`${owner} answered the duplicate address detection of ${prober}`],
        against: [],
      },
    ],
    confirm: [
      {
        on: `the machine with ${prober}`,
        command: 'ip -6 addr show dadfailed',
        expect: `${address} with the flag dadfailed`,
      },
    ],
    fix: ['Give one of the two another address.'],
    wireshark: `icmpv6.nd.ns.target_address==${address} || icmpv6.nd.na.target_address==${address}`,
  };
}
