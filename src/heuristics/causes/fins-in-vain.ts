import type { FinsInVain } from '../facts/tcp/fins-in-vain.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { firewallRules } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { familyOf } from '../words/display-filter.ts';

/** Whose FINs do not arrive, as it was seen on one side. */
export function finsText({ sender, receiver, legs, ended, sendings }: FinsInVain, names: Names): string {
  const where = `in ${legs.length} of ${counted(ended, 'connection')} that it ends`;
  return sendings > 0
    ? `FINs of ${names.address(sender)} do not reach ${names.address(receiver)}: ${where}, the FIN is sent ${counted(sendings, 'time')} in all and never acknowledged`
    : `FINs of ${names.address(sender)} do not reach ${names.address(receiver)}: ${where}, its numbers tell of a FIN that never came`;
}

/** Both sentences were checked where the FINs were found. */
export const finsWhy = ({ sender, receiver, sendings }: FinsInVain, names: Names): string =>
  sendings > 0
    ? `${names.address(receiver)} still sends packets after the third sending, and no reset: the address is in use, and the FIN does not get to the connection.`
    : `All data of ${names.address(sender)} came, and its last acknowledgement is numbered one further: it sent a FIN, which is dropped on the way.`;

export const finsCauses = ({ sender, receiver, sendings }: FinsInVain, names: Names): Cause[] => [
  {
    id: 'dropped-as-closing',
    cause: `a firewall, NAT or load balancer between the two has forgotten the connection, or drops FINs`,
    telling: ['the other packets of the same connections pass'],
    for: [],
    against: [],
    confirm: [sender, receiver].map((end) =>
      firewallRules(names.nodeOf(end), familyOf(end), 'fin|invalid', {
        expect: 'no rule that drops FINs, or packets of state INVALID',
      }),
    ),
    fix: [
      `Look at what tracks connections between ${names.address(sender)} and ${names.address(receiver)}: its timeouts for idle and closing connections (nf_conntrack_tcp_timeout_*), and rules on TCP flags.`,
    ],
  },
  ...(sendings > 0
    ? [
        {
          id: 'gone-behind-address',
          cause: `${names.address(receiver)} stands for several hosts (a NAT or a service address), and the one of these connections is gone`,
          for: [],
          against: [],
          fix: [`Find which pod or host had these connections behind ${names.address(receiver)}, and when it ended.`],
        },
      ]
    : []),
];
