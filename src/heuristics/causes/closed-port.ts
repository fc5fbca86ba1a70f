import type { Endpoint } from '../../flows/evidence/evidence.ts';
import { notReached } from '../facts/tcp/reset-hop-limit.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { listens, podOrServiceWith, podWith } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import type { FailingBackend } from './failing-backend.ts';
import type { RefusedService } from './refused-service.ts';

/** A TCP port that refuses connections by a reset. */
export interface ClosedPort {
  client: string;
  server: string;
  port: number;
  /** Number of ports that are refused; more than one in a scan. */
  ports: number;
  /** Number of clients that are refused. */
  clients: number;
  /** Number of connections to the port that are served. */
  served: number;
  /** The port is served after the last refusal. */
  listensLater: boolean;
  otherPortsAnswer: boolean;
  /** What the destination is translated to; null where it is not. */
  target: Endpoint | null;
  backend: FailingBackend | null;
  service: RefusedService | null;
  between?: [number, number] | null;
}

/** No program listens. */
export function notListening(found: ClosedPort, names: Names): Cause {
  const { server, port, ports, otherPortsAnswer, listensLater, target, service, between } = found;
  const host = target?.address ?? server;
  const own = target?.port ?? port;
  return {
    id: 'not-listening',
    cause: 'the application is not running, or listens on 127.0.0.1 only',
    for: ['the host answers at once with a reset', ...(otherPortsAnswer ? ['other ports of the host answer'] : [])],
    against: service?.kind === 'service address' ? ['no process has a service address'] : notReached(between),
    confirm: [
      listens(names.machine(host), own, 'tcp', {
        expect: `no listener on port ${own}, or one on 127.0.0.1 only`,
        shows: { lacks: `(?<!127\\.0\\.0\\.1|\\[::1\\]):${own}\\b` },
      }),
      service?.kind === 'service address' && target === null
        ? podOrServiceWith(host, 'the Service that has the address: its pods are those of its selector')
        : podWith(host, 'the pod: whether it is Ready, how often it was restarted'),
    ],
    fix: [
      ports > 1
        ? scanned(found, names)
        : listensLater
          ? `Let clients wait for ${names.address(host)}: a readinessProbe keeps a pod out of its service until it listens, and clients have to try again.`
          : service?.kind === 'node port' && target === null
            ? `Start the application behind port ${own} of ${names.address(host)}: the pods of the service with this node port, or a program of the node itself.`
            : `Start the application on ${names.address(host)}, and let it listen on port ${own} of all addresses (0.0.0.0 or ::).`,
    ],
  };
}

const scanned = ({ client, clients, server }: ClosedPort, names: Names): string =>
  `Nothing to mend on ${names.address(server)}, if none of these ports is to serve: find out who ${clients > 1 ? `the ${clients} clients are` : `${names.address(client)} is`} and why these ports are tried.`;

/** A service sends to a port on which its pods do not listen. */
export const wrongTargetPort = ({ port, served, target, backend }: ClosedPort): Cause => ({
  id: 'wrong-target-port',
  cause: `the service has the wrong targetPort${target !== null && target.port !== port ? ` (it sends port ${port} to ${target.port})` : ''}`,
  for: [],
  against:
    backend !== null
      ? ['other endpoints answer on theirs']
      : served > 0
        ? [counted(served, 'other connection to it is served', 'other connections to it are served')]
        : [],
  fix: [
    `Or correct the targetPort of the service, where the application listens on another port than ${target?.port ?? port}.`,
  ],
});
