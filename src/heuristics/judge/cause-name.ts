import type { Evidence } from '../../flows/evidence/evidence.ts';
import { addressOf } from '../../text/addresses.ts';
import type { Subject } from '../rule/rule.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Together } from './one-cause.ts';
import type { Found } from './strongest-cause.ts';

/**
 * The findings with the fingerprints of their causes: rule, server or place, and not the clients, of which the next
 * capture may hold one more or one fewer. Two findings of one name are told apart by their keys, in the order of these.
 */
export function namedByCause(groups: readonly Together[], points: Evidence['points']): Together[] {
  const keyOf = new Map(groups.map((group) => [group, firstKey(group)]));
  const used = new Set<string>();
  const nameOf = new Map<Together, string>();
  const inOrder = [...keyOf].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [group, key] of inOrder) {
    const { id, faultClass } = group.found.rule.meta;
    let name = fingerprintOf(id, faultClass, causeOf(group, points));
    for (let times = 1; used.has(name); times++)
      name = fingerprintOf(id, faultClass, times === 1 ? key : `${key} ${times}`);
    used.add(name);
    nameOf.set(group, name);
  }
  return groups.map((group) => ({
    ...group,
    found: { ...group.found, fingerprint: nameOf.get(group) as string },
  }));
}

const firstKey = ({ members }: Together): string =>
  members.map(({ occurrence }) => occurrence.key).reduce((first, key) => (key < first ? key : first));

function causeOf({ found, members, alike }: Together, points: Evidence['points']): string {
  const [cause, ...others] = new Set(members.map(causeOfOne));
  if (others.length === 0 || alike === null) return cause;
  const { subject, between } = found.occurrence;
  switch (alike.end) {
    case 'client':
      return `*>${subject.serverBeforeNat ?? subject.server}`;
    case 'server':
      return `${subject.client}>*`;
    default:
      return `*>* ${(between ?? []).map((point) => points[point].role).join(' ')}`;
  }
}

/** The key with * for the client, where it names the server too. A tunnel has no client: both ends belong to the fault. */
function causeOfOne({ rule, occurrence: { key, cause, subject } }: Found): string {
  if (cause !== undefined) return cause;
  if (rule.isToldApart === true || subject.protocol === 'tunnel') return key;
  const [clients, servers] = [namesIn(subject.client), namesOfServer(subject)];
  const words = key.split(/([\s<>,]+)/);
  if (!words.some((word) => servers.has(word) && !clients.has(word))) return key;
  return words.map((word) => (clients.has(word) ? '*' : word)).join('');
}

const namesOfServer = ({ server, serverBeforeNat = null }: Subject): Set<string> =>
  new Set([...namesIn(server), ...namesIn(serverBeforeNat)]);

/** Ends as a subject lists them, each with its port and without. */
const namesIn = (ends: string | null): Set<string> =>
  new Set((ends ?? '').split(', ').flatMap((end) => (end === '' ? [] : [end, addressOf(end)])));
