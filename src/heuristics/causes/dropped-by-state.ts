import type { Cause } from '../rule/weigh.ts';
import { trackingCounters } from '../words/commands.ts';

/**
 * Text about what passed of conversations that vanish after their handshake; empty where there are none. @param of all
 * that vanish
 */
export const stagedText = (staged: number, of: number): string =>
  staged === 0
    ? ''
    : ` The first packets of ${staged === of ? (of === 1 ? 'it' : `all ${of}`) : `${staged} of them`} passed there, and no packet with data did.`;

/**
 * A device that lets a SYN pass and drops the data after it checks the state of the connection.
 *
 * @param machine that tracks the connections
 */
export const stagedCauses = (staged: number, machine: string): Cause[] =>
  staged === 0
    ? []
    : [
        {
          id: 'dropped-by-state',
          cause:
            'what tracks connections drops the rest as invalid: it never saw the other direction (asymmetric routing), or a policy decides after the handshake',
          telling: ['the SYN passes, and no packet with data after it does, whatever is sent again'],
          for: [],
          against: [],
          confirm: [trackingCounters(machine, 'invalid', 'invalid rises with each packet that is dropped')],
          fix: [
            'Let the node that drops see both directions (symmetric routes), or take this traffic out of connection tracking (nf_conntrack_tcp_be_liberal=1, NOTRACK, no rule that drops INVALID).',
          ],
        },
      ];
