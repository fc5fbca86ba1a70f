import type { DataInVain } from '../facts/tcp/data-in-vain.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { counted } from '../words/counted.ts';
import { stagedCauses } from './dropped-by-state.ts';

/** Who loses what, as it was seen on one side. */
export function inVainText({ sender, receiver, sendings, missing, legs }: DataInVain, names: Names): string {
  const where = counted(legs.length, 'connection');
  return sendings > 0
    ? `Data from ${names.address(sender)} does not reach ${names.address(receiver)}: in ${where} the same octets are sent ${counted(sendings, 'time')} in all and never acknowledged`
    : `Data from ${names.address(sender)} does not reach ${names.address(receiver)}: in ${where} ${counted(missing, 'octet')} in all are missing before packets that come later`;
}

/** Both sentences were checked where the data was found: the other side's packets, and the size. */
export const inVainWhy = ({ sender, receiver, sendings }: DataInVain, names: Names): string =>
  sendings > 0
    ? `${names.address(receiver)} sends on meanwhile and asks for those octets still: it is there, and the data is dropped on the way. Every link carries packets of that size.`
    : `The sequence numbers of ${names.address(sender)} tell that it has sent them: it is not silent, and its data is dropped on the way. Every link carries packets of that size.`;

export const inVainCauses = ({ sender, receiver, none }: DataInVain, names: Names): Cause[] => [
  ...(none
    ? stagedCauses(1, `what lies between ${names.address(sender)} and ${names.address(receiver)}`)
    : [
        {
          id: 'dropped-by-content',
          cause: 'a firewall or intrusion prevention system on the way drops these packets by what they hold',
          for: ['other data of the same connections was acknowledged'],
          against: [],
          fix: [`Look for a rule that drops data of ${names.address(sender)}, and let it pass.`],
        },
      ]),
];
