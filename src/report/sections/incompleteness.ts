import type { Evidence, Incompleteness } from '../../flows/evidence/evidence.ts';

/** What the memory budgets left out, and what began before the capture. */
export function lacksOf(evidence: Evidence): Incompleteness[] {
  const { connections, connectionsEvicted, connectionsTotal } = evidence;
  const lacks: Incompleteness[] = [];
  const notKept = (of: number, kept: number, what: Extract<Incompleteness, { code: 'not-kept' }>['what']) => {
    if (of > kept) lacks.push({ code: 'not-kept', what, items: of - kept, of });
  };
  if (connectionsEvicted > 0)
    lacks.push({
      code: 'connections-evicted',
      connections: connectionsEvicted,
      of: connectionsTotal + connectionsEvicted,
    });
  notKept(connectionsTotal, connections.length, 'connection');
  notKept(evidence.dnsTotal, evidence.dns.length, 'DNS exchange');
  notKept(evidence.echoesTotal, evidence.echoes.length, 'ping exchange');
  notKept(evidence.icmpErrorsTotal, evidence.icmpErrors.length, 'ICMP error');
  const guessed = connections.filter(({ rolesFrom }) => rolesFrom === 'guess').length;
  if (guessed > 0) lacks.push({ code: 'roles-guessed', connections: guessed, of: connections.length });
  return lacks;
}

/** Captures that do not give the number of dropped packets. A missing count does not mean that there were no drops. */
export function dropsUnknown({ captures }: Pick<Evidence, 'captures'>): Incompleteness[] {
  const unknown = captures.filter(({ dropped }) => dropped === null).length;
  return unknown === 0 ? [] : [{ code: 'drops-unknown', captures: unknown, of: captures.length }];
}
