import { shellQuote } from '../../text/shell-quote.ts';
import type { Explanation, Names } from '../rule/rule.ts';
import { counters, escaped, runs } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { withAddress } from '../words/display-filter.ts';

/**
 * SYNs that were answered from an older connection of the same port, and how often the client refused such an answer.
 */
export interface NeverOpened {
  client: string;
  server: string;
  port: number;
  syns: number;
  stale: number;
  refused: number;
}

/** Explanation of a server that answers only from an older connection; see `stale-answer.ts`. */
export function explainStale({ client, server, port, syns, stale, refused }: NeverOpened, names: Names): Explanation {
  const address = names.address(server);
  return {
    message: `No connection to ${address} port ${port} opens: ${syns} SYNs, answered by the ACK of an older connection (${stale} times), never by a SYN-ACK`,
    why: 'The server still holds a connection from the same client address and port, and answers by what that one has acknowledged. A client resets that each time; as the server goes on, the resets do not reach it.',
    causes: [
      {
        id: 'resets-dropped',
        cause: 'a firewall or conntrack drops the resets of the client (INVALID: it has no such connection)',
        for: [
          refused > 0
            ? `${counted(refused, 'reset leaves', 'resets leave')} the client and the answers stay the same`
            : 'a client resets such an answer, and no reset comes by here',
        ],
        against: [],
      },
      {
        id: 'port-reused',
        cause: 'a NAT gave a port again whose old connection the server has not forgotten',
        for: ['the acknowledged numbers belong to no SYN of this connection'],
        against: [],
      },
    ],
    confirm: [
      runs(names.machine(server), `ss -tn state established ${shellQuote(`( sport = :${port} and dst ${client} )`)}`, {
        expect: 'the old connection',
        shows: { has: escaped(client) },
      }),
      counters(names.machine(server), ['TcpExtTCPChallengeACK'], 4, {
        expect: 'it rises with each SYN',
        shows: { rises: 'TcpExtTCPChallengeACK' },
      }),
    ],
    fix: [
      {
        on: names.machine(server),
        command: `ss -K ${shellQuote(`( sport = :${port} and dst ${client} )`)}`,
        note: 'it ends the old connection',
      },
      `Let resets of ${names.address(client)} pass, use keep-alive on ${names.address(server)} so that dead connections end, and give the NAT more source ports.`,
    ],
    wireshark: `${withAddress(server)} && tcp.port==${port} && ${withAddress(client)}`,
  };
}
