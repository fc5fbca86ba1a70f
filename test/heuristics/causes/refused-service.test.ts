import { describe, expect, it } from 'vitest';
import type { AddressClaim } from '../../../src/flows/evidence/evidence.ts';
import { endpointCommands, noEndpointsCause, refusedService } from '../../../src/heuristics/causes/refused-service.ts';
import { weigh } from '../../../src/heuristics/rule/weigh.ts';
import { arp, connection, type EvidenceParts, endpoint, evidence, ref, reset } from '../../support/evidence.ts';

const refused = (server: string) => connection({ server, syn: [0], resets: [reset(0.001, 1)] });
const translated = connection({ client: '10.244.1.5:41000', server: '172.16.9.20:80' }, { established: true });
const working = {
  of: [translated],
  client: '10.244.1.5:41000',
  server: '10.244.2.7:8080',
  serverBeforeNat: '172.16.9.20:80',
};

const claim = (some: Partial<AddressClaim>): AddressClaim => ({
  point: 0,
  address: '172.16.9.21',
  mac: '02:00:00:00:00:21',
  claims: 1,
  first: ref(0),
  last: ref(0),
  gratuitous: 0,
  ...some,
});

const judged = (parts: EvidenceParts, server: string) => {
  const made = evidence(parts);
  const asked = made.conversations.filter(({ legs }) => legs[0].server.address === endpoint(server).address);
  return refusedService(made, endpoint(server), asked);
};

describe('a service that is refused before any translation', () => {
  const fires: Record<string, [EvidenceParts, string, string]> = {
    'default range of a distribution': [
      { connections: [refused('10.96.4.4:80')] },
      '10.96.4.4:80',
      'it lies in the default service range 10.96.0.0/12 (kubeadm)',
    ],
    'range that was given': [
      { connections: [refused('192.0.2.4:80')], known: { serviceCidrs: ['192.0.2.0/24'] } },
      '192.0.2.4:80',
      '192.0.2.0/24 is given as a service range',
    ],
    'beside a service that is translated': [
      { connections: [refused('172.16.9.21:80'), translated], paths: [working] },
      '172.16.9.21:80',
      'it lies beside the service 172.16.9.20, which is translated',
    ],
  };
  it.each(Object.entries(fires))('%s', (_, [parts, server, sign]) => {
    const found = judged(parts, server);
    expect(found).toMatchObject({ kind: 'service address', signs: [sign, 'no point shows it translated'] });
    expect(weigh([noEndpointsCause(found!, 'the reset')])[0].likelihood).toBe('likely');
    expect(endpointCommands(found!).map(({ command }) => command)).toEqual([
      `kubectl get services -A -o wide | grep -w ${found!.address}`,
      'kubectl get endpointslices -A',
    ]);
  });

  it('takes a node port for a possible service only', () => {
    const found = judged({ connections: [refused('192.168.1.11:31555')] }, '192.168.1.11:31555');
    expect(found).toMatchObject({ kind: 'node port' });
    expect(weigh([noEndpointsCause(found!, 'the reset')])[0].likelihood).toBe('possible');
    expect(endpointCommands(found!)[0].command).toContain('grep -w 31555');
  });

  const quiet: Record<string, [EvidenceParts, string]> = {
    'a machine with an ordinary port': [{ connections: [refused('192.168.1.11:80')] }, '192.168.1.11:80'],
    'a public address with a high port': [{ connections: [refused('198.18.0.1:80')] }, '8.8.8.8:31555'],
    'beside a service, and it resolves by ARP: a machine': [
      {
        connections: [refused('172.16.9.21:80'), translated],
        arp: [arp({ target: '172.16.9.21', answers: ['02:00:00:00:00:21'] })],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
    'beside a service, and it asks for others by ARP: a machine': [
      {
        connections: [refused('172.16.9.21:80'), translated],
        arp: [arp({ asker: '172.16.9.21', target: '172.16.9.1' })],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
    'beside a service, and a host claims it: a machine': [
      {
        connections: [refused('172.16.9.21:80'), translated],
        claims: [claim({ address: '172.16.9.21' })],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
    'beside a service, and it opens connections itself: a machine': [
      {
        connections: [
          refused('172.16.9.21:80'),
          translated,
          connection({ client: '172.16.9.21:43000', server: '10.244.7.7:22' }, { established: true }),
        ],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
    'beside an address that is translated, and is a machine itself': [
      {
        connections: [refused('172.16.9.21:80'), translated],
        arp: [arp({ target: '172.16.9.20', answers: ['02:00:00:00:00:20'] })],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
    'in another range than the service that is translated': [
      { connections: [refused('172.16.8.21:80'), translated], paths: [working] },
      '172.16.8.21:80',
    ],
    'a public address beside one that is translated': [
      {
        connections: [
          refused('9.9.9.21:80'),
          connection({ client: '10.244.1.5:41000', server: '9.9.9.20:80' }, { established: true }),
        ],
        paths: [],
      },
      '9.9.9.21:80',
    ],
    'beside a service, and another of its ports answers untranslated: a machine': [
      {
        connections: [
          refused('172.16.9.21:80'),
          translated,
          connection({ client: '10.244.1.5:42000', server: '172.16.9.21:22' }, { established: true }),
        ],
        paths: [working],
      },
      '172.16.9.21:80',
    ],
  };
  it.each(Object.entries(quiet))('is not said: %s', (_, [parts, server]) => {
    expect(judged(parts, server)).toBeNull();
  });

  it('says nothing when a point shows the endpoint that refuses', () => {
    const atPod = refused('10.96.4.4:80');
    const made = evidence({
      connections: [atPod],
      paths: [{ of: [atPod], server: '10.244.2.7:8080', serverBeforeNat: '10.96.4.4:80' }],
    });
    expect(refusedService(made, endpoint('10.96.4.4:80'), made.conversations)).toBeNull();
  });
});

it('is said although a claim of the address was withdrawn, and although another port of it fails', () => {
  const parts = (some: EvidenceParts): EvidenceParts => ({
    connections: [refused('172.16.9.21:80'), translated, refused('172.16.9.21:22')],
    paths: [working],
    ...some,
  });
  expect(judged(parts({}), '172.16.9.21:80')).not.toBeNull();
  expect(judged(parts({ claims: [claim({ address: '172.16.9.21', claims: 0 })] }), '172.16.9.21:80')).not.toBeNull();
  expect(judged(parts({ claims: [claim({ address: '172.16.9.22' })] }), '172.16.9.21:80')).not.toBeNull();
});
