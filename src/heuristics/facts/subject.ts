import type { Conversation } from '../../flows/evidence/evidence.ts';
import type { Names, Subject } from '../rule/rule.ts';
import { endpointText } from './attempts.ts';

/** Most servers or clients that are named one by one. More are only counted. */
const NAMED = 3;

/**
 * The subject of some conversations: the one client and server, or a count of them. Also returns a key without
 * ephemeral ports, and the `cause` for the fingerprint: the servers, where they are few, and else the clients.
 */
export function subjectOf(conversations: readonly Conversation[]): {
  subject: Subject;
  key: string;
  cause: string;
  servers: string[];
  clients: string[];
} {
  const servers = unique(conversations.map((conversation) => serverText(conversation)));
  const clients = unique(conversations.map((conversation) => conversation.client.address));
  const before = unique(
    conversations.flatMap(({ serverBeforeNat }) => (serverBeforeNat === null ? [] : [endpointText(serverBeforeNat)])),
  );
  const subject: Subject = {
    protocol: protocolOf(conversations),
    client: listed(clients, 'clients'),
    server: listed(servers, 'servers'),
    serverBeforeNat: before.length === 0 ? null : listed(before, 'services'),
  };
  return {
    subject,
    key: `${clients.slice(0, NAMED).join(',')}>${servers.slice(0, NAMED).join(',')}`,
    cause:
      servers.length <= NAMED ? `*>${servers.join(',')}` : `${clients.length <= NAMED ? clients.join(',') : '*'}>*`,
    servers,
    clients,
  };
}

/** Where a command of the client runs: its machine, or "one of 10.0.0.1, 10.0.0.2" where several fare alike. */
export const machineOfClient = ({ client }: Subject, names: Names): string => {
  if (client === null) return 'a client';
  return /[ ,]/.test(client) ? `one of ${client}` : names.machine(client);
};

const serverText = ({ protocol, server }: Conversation): string =>
  protocol === 'tcp' || protocol === 'udp' ? endpointText(server) : server.address;

function protocolOf(conversations: readonly Conversation[]): Subject['protocol'] {
  const protocols = new Set(conversations.map((conversation) => conversation.protocol));
  if (protocols.size !== 1) return 'ip';
  const [protocol] = protocols;
  return protocol === 'other' ? 'ip' : protocol;
}

const listed = (texts: readonly string[], plural: string): string | null =>
  texts.length === 0 ? null : texts.length <= NAMED ? texts.join(', ') : `${texts.length} ${plural}`;

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
