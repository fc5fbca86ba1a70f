import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { firewallRules, pings, podOrServiceWith, podWith } from '../words/commands.ts';
import { familyOf } from '../words/display-filter.ts';
import { type MaybeService, untranslatedCause } from './untranslated-service.ts';

/** A TCP port that nothing answers on. */
export interface SilentPort {
  client: string;
  server: string;
  port: number;
  otherPortsAnswer: boolean;
  /** Other connections to the port that are answered. */
  answered: number;
  /** Nothing of the server was captured, of whatever kind. */
  neverHeard: boolean;
  /** Whether the SYNs were seen at the last point of their path. */
  reachedLastPoint: boolean;
  lastPoint: number;
  /** The destination may be a service that no point shows translated. */
  service: MaybeService | null;
}

/** What drops SYNs without a word: a rule, or a host that is not there. */
export function silentPortCauses(found: SilentPort, names: Names): Cause[] {
  const { client, server, port, otherPortsAnswer, answered, neverHeard, reachedLastPoint, lastPoint, service } = found;
  const address = names.address(server);
  const answering = [
    ...(otherPortsAnswer ? [`other ports of ${address} answer`] : []),
    ...(answered > 0 ? ['other connections to this port are answered'] : []),
  ];
  const untranslated = service === null ? [] : [untranslatedCause(service, found, answering, names)];
  const isSeenAtNic = service !== null && service.nic !== null;
  return [
    ...(isSeenAtNic ? untranslated : []),
    {
      id: 'filtered',
      cause: 'a firewall, security group or NetworkPolicy drops the packets',
      for: [otherPortsAnswer ? `other ports of ${address} answer` : 'no ICMP error says that it cannot be reached'],
      against: [],
      confirm: [
        firewallRules(
          reachedLastPoint ? names.host(lastPoint) : names.nodeOf(service === null ? server : client),
          familyOf(server),
          'drop|reject',
          {
            expect: `a rule that matches packets of ${client} to port ${port}`,
          },
        ),
        ...(reachedLastPoint && service === null
          ? [
              firewallRules(names.machine(server), familyOf(server), 'drop|reject', {
                expect: 'the same on the machine itself, behind the last capture point',
              }),
            ]
          : []),
      ],
      fix: [
        `Allow TCP port ${port} from ${names.address(client)} to ${address} where the packets vanish${reachedLastPoint ? `: on ${names.host(lastPoint)} or behind it` : ' (firewall, security group, NetworkPolicy)'}.`,
      ],
    },
    {
      id: 'host-down',
      cause: 'the host is down or cannot be reached',
      for: neverHeard && answered === 0 ? [`nothing of ${address} was seen to answer`] : [],
      against: answering,
      confirm:
        service === null
          ? [
              pings(names.machine(client), server, false),
              podWith(server, 'the pod or node that has the address; nothing: it is gone'),
            ]
          : [
              podOrServiceWith(
                server,
                'the pod or Service that has the address; nothing: nobody in the cluster has it',
              ),
            ],
      fix: [`Bring ${address} back, or repair the route of ${names.address(client)} to it.`],
    },
    ...(isSeenAtNic ? [] : untranslated),
  ];
}
