import { addressOf } from '../../text/addresses.ts';
import type { Command, Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { DIG_TIMES_OUT, digs, dnsPods, kubectl } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { dnssecCauses } from './dnssec-failure.ts';

export const UPSTREAM_THRESHOLDS = {
  waitSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, waited-upstream' },
} as const;

/** A name server that answers that it failed, and what it did meanwhile. */
export interface FailingNameServer {
  client: string;
  server: string;
  serverAddress: string;
  rcode: string;
  example: string;
  upstreams: string[];
  upstreamQueries: number;
  /** Neighbours that the server's node asked for without an answer, if no query to an upstream server was captured. */
  sought: string[];
  seconds: number;
  /** Address that the queries were translated to; null where none was seen. */
  pod: string | null;
  /** What the server itself says of the failure (RFC 8914); null when it says nothing. */
  extendedError: { code: number; text: string } | null;
}

export function failingNameServerCauses(found: FailingNameServer, names: Names): Cause[] {
  const server = names.address(found.server);
  const upstreams = found.upstreams.map((address) => names.address(address)).join(', ');
  const known = found.upstreams.length > 0;
  const waited = found.seconds >= UPSTREAM_THRESHOLDS.waitSeconds.value;
  const asker = found.pod ?? found.serverAddress;
  const sought = found.sought.map((address) => names.address(address)).join(', ');
  return [
    {
      id: 'upstream-silent',
      cause: known
        ? `the upstream server ${upstreams} is down or cannot be reached`
        : 'its upstream server does not answer',
      telling: [
        ...(known ? [`${counted(found.upstreamQueries, 'query to it stays', 'queries to it stay')} unanswered`] : []),
        ...(sought === '' ? [] : [`nobody answers for ${sought}, the upstream or the gateway to it`]),
      ],
      for: waited ? [`it waited ${found.seconds.toFixed(1)} s before it gave up`] : [],
      against: known || waited || sought !== '' ? [] : ['it answered at once, without waiting for anybody'],
      fix: [
        known
          ? `Repair the path from ${names.address(asker)} to ${upstreams}, or let it forward to a server that answers.`
          : sought !== ''
            ? `Bring ${sought} back, or let ${names.address(asker)} forward to a server that answers.`
            : `Let ${names.address(asker)} forward to a server that answers.`,
      ],
    },
    ...dnssecCauses(found.extendedError),
    {
      id: 'zone-or-policy',
      cause: 'the zone is not configured, or the client is not allowed to ask',
      for: [
        ...(found.rcode === 'REFUSED' ? ['REFUSED is a matter of policy'] : []),
        ...(waited ? [] : ['it answered at once, without waiting for anybody']),
      ],
      against: [
        ...(known ? ['it did forward the question'] : []),
        ...(waited ? [`it waited ${found.seconds.toFixed(1)} s, which its own zones and rules do not need`] : []),
      ],
      fix: [
        found.rcode === 'REFUSED'
          ? `Allow ${found.client} to ask ${server} (access list of the server), or ask a server that serves this client.`
          : `Look in the log of ${server} for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.`,
      ],
    },
  ];
}

export function failingNameServerCommands(found: FailingNameServer, names: Names): Command[] {
  const known = found.upstreams.length > 0;
  const waited = found.seconds >= UPSTREAM_THRESHOLDS.waitSeconds.value;
  const asker = found.pod ?? found.serverAddress;
  return [
    ...(known
      ? found.upstreams.slice(0, 2).map((upstream) =>
          digs(
            names.machine(asker),
            { server: addressOf(upstream), name: found.example },
            {
              expect: 'connection timed out',
              shows: DIG_TIMES_OUT,
            },
          ),
        )
      : []),
    digs(
      found.client,
      { server: found.serverAddress, name: found.example, seconds: Math.ceil(found.seconds) + 3 },
      {
        expect: `status: ${found.rcode}`,
        shows: { has: `status: ${found.rcode}` },
      },
    ),
    dnsPods(found.pod, 'the DNS pod, its name and its node'),
    kubectl(
      '-n kube-system logs -l k8s-app=kube-dns --tail=50',
      waited
        ? 'i/o timeout, with the address of the upstream'
        : `the reason for ${found.rcode}, as of the plugin that gave it`,
    ),
    ...(known
      ? []
      : [
          kubectl(
            '-n kube-system get configmap coredns -o yaml',
            'the zones it serves, and the address after "forward ."',
          ),
        ]),
  ];
}
