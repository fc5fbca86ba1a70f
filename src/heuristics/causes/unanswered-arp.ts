import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { routeTo, runs } from '../words/commands.ts';

/** No machine has the link-local gateway of a pod: its node answers for it at the pod's device (proxy ARP). */
export const proxyArpOff = (asker: string, target: string, names: Names): Cause => ({
  id: 'proxy-arp-off',
  cause: `${names.nodeOf(asker)} does not answer for ${target}, the gateway of its pods (proxy_arp off at the device of the pod, or the device is gone)`,
  for: [`no answer of ${target} in the capture; a link-local gateway belongs to no machine`],
  against: [],
  confirm: [
    runs(names.nodeOf(asker), 'grep . /proc/sys/net/ipv4/conf/*/proxy_arp', {
      expect: `0 at the device of ${asker}, which ip route get ${asker} names`,
    }),
    routeTo(names.nodeOf(asker), asker, { expect: 'no device of a pod: the node has lost its route to the pod' }),
  ],
  fix: [
    `Restart the CNI agent of ${names.nodeOf(asker)}, or start the pod ${asker} anew: its device then gets proxy_arp=1.`,
  ],
});

/** The two ends of a question who has an address. */
interface Asked {
  asker: string;
  target: string;
  isAnswered: boolean;
}

/** Who asks and who is asked are not in one segment. */
export const otherSegment = ({ asker, target, isAnswered }: Asked, names: Names): Cause => ({
  id: 'other-segment',
  cause: 'the two are not in the same segment (netmask, VLAN, bridge port)',
  for: [],
  against: isAnswered ? [`the requests reach ${target}, which answers them`] : [],
  confirm: [
    routeTo(names.machine(asker), target, {
      expect: 'directly connected although it should go through a gateway',
      shows: { lacks: ' via ' },
    }),
  ],
  fix: [
    `Repair the segment between ${names.address(asker)} and ${names.address(target)} (netmask, VLAN, bridge port), or route by a gateway.`,
  ],
});
