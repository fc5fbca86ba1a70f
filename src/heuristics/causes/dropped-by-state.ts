import type { Cause } from '../rule/weigh.ts';

/** What passed of conversations that vanish after their handshake; empty where none did. @param of all that vanish */
export const stagedText = (staged: number, of: number): string =>
  staged === 0
    ? ''
    : ` The first packets of ${staged === of ? (of === 1 ? 'it' : `all ${of}`) : `${staged} of them`} passed there, and no packet with data did.`;

/** Who lets a SYN pass and not the data after it looks at the state of the connection. */
export const stagedCauses = (staged: number): Cause[] =>
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
        },
      ];
