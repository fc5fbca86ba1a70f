/** Builders of what was read of connections. */
import {
  type ApplicationError,
  type ApplicationFacts,
  type ApplicationUse,
  type Connection,
  type TlsFacts,
  TO_CLIENT,
} from '../../src/flows/evidence/evidence.ts';
import { connection, endpoint, type RefText, ref } from './evidence-items.ts';

export const tlsFacts = (some: Partial<TlsFacts> = {}): TlsFacts => ({
  clientHello: {
    ...ref(0.003),
    octets: 508,
    version: 0x0304,
    suites: 31,
    serverName: 'api.example',
    nextProtocol: 'h2',
    postQuantum: false,
    whole: true,
  },
  serverVersion: null,
  certificate: null,
  certificateRequested: false,
  clientCertificateMissing: false,
  alert: null,
  sealedAlert: null,
  established: false,
  ...some,
});

export const applicationFacts = (some: Partial<ApplicationFacts> = {}): ApplicationFacts => ({
  openings: ['http1', 'http1'],
  protocol: some.tls ? 'tls' : 'http1',
  proxied: false,
  tls: null,
  answers: some.messages?.length ?? 0,
  errors: some.messages?.length ?? 0,
  messages: [],
  tlsWanted: false,
  tlsRefused: false,
  errorCut: false,
  brokenOff: null,
  cut: [false, false],
  ...some,
});

export const applicationError = (
  some: Omit<Partial<ApplicationError>, 'requested'> & { at?: RefText; requested?: RefText | null } = {},
): ApplicationError => {
  const { at, requested, ...rest } = some;
  return {
    ...ref(at ?? 0.01),
    direction: TO_CLIENT,
    kind: 'status',
    code: '503',
    text: '',
    fatal: false,
    request: 'GET /',
    ...rest,
    requested: requested === null ? null : ref(requested ?? 0.004),
  };
};

type ConnectionParts = Parameters<typeof connection>[0];

/** Connections of one client to one server from further ports, one a second, each with the same facts. */
export const sessions = (
  count: number,
  facts: (start: number) => ApplicationFacts | null,
  some: ConnectionParts & { clientAddress?: string } = {},
): Connection[] =>
  Array.from({ length: count }, (_, index) => {
    const { clientAddress = '10.244.1.5', ...rest } = some;
    return connection(
      {
        client: { address: clientAddress, port: 40_000 + index },
        syn: [index],
        synAck: [index + 0.001],
        history: 'ShADdFf',
        last: index + 0.5,
        ...rest,
        toServer: { fins: 1, firstAckedData: ref(index + 0.004), ...rest.toServer },
        toClient: { fins: 1, ...rest.toClient },
        application: facts(index),
      },
      { established: true },
    );
  });

export const use = (some: Omit<Partial<ApplicationUse>, 'server'> & { server?: string } = {}): ApplicationUse => ({
  point: 0,
  client: '10.244.1.5',
  protocol: 'http1',
  connections: 10,
  answered: 10,
  cut: 0,
  answers: 10,
  errors: 0,
  ...some,
  server: endpoint(some.server ?? '10.244.2.7:80'),
});
