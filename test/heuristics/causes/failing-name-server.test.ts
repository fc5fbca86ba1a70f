import { expect, test } from 'vitest';
import {
  type FailingNameServer,
  failingNameServerCauses,
  failingNameServerCommands,
} from '../../../src/heuristics/causes/failing-name-server.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

test('a name server that says that it failed', () => {
  const base: FailingNameServer = {
    client: '10.244.1.5',
    server: '10.96.0.10:53',
    serverAddress: '10.96.0.10',
    rcode: 'SERVFAIL',
    example: 'a.test',
    upstreams: [],
    upstreamQueries: 0,
    sought: [],
    seconds: 0.2,
    pod: null,
    extendedError: null,
  };
  const said = saidOtherwise(
    base,
    (of) => ({ causes: failingNameServerCauses(of, names), confirm: failingNameServerCommands(of, names) }),
    {
      'waited a second': { seconds: 1 },
      'waited nearly a second': { seconds: 0.99 },
      'an upstream': { upstreams: ['9.9.9.9'], upstreamQueries: 1 },
      'three upstreams': { upstreams: ['9.9.9.9', '8.8.8.8', '1.1.1.1'], upstreamQueries: 5 },
      'a neighbour is sought': { sought: ['10.0.0.1'] },
      'a neighbour is sought, of an upstream': { sought: ['10.0.0.1'], upstreams: ['9.9.9.9'], upstreamQueries: 2 },
      refused: { rcode: 'REFUSED' },
      'a pod': { pod: '10.244.2.7' },
      'DNSSEC bogus': { extendedError: { code: 6, text: '' } },
    },
  );
  expect(said).toMatchInlineSnapshot(`
    "waited a second
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - unlikely upstream-silent; but it answered at once, without waiting for anybody
      - on a machine with kubectl: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50  # the reason for SERVFAIL, as of the plugin that gave it
      - Look in the log of 10.96.0.10:53 for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.
      + likely upstream-silent; it waited 1.0 s before it gave up
      + unlikely zone-or-policy; but it waited 1.0 s, which its own zones and rules do not need
      + on a machine with kubectl: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50  # i/o timeout, with the address of the upstream
      + Let 10.96.0.10 forward to a server that answers.
    waited nearly a second
    an upstream
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - unlikely upstream-silent; but it answered at once, without waiting for anybody
      - on a machine with kubectl: kubectl -n kube-system get configmap coredns -o yaml  # the zones it serves, and the address after "forward ."
      - Look in the log of 10.96.0.10:53 for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.
      - upstream-silent is: its upstream server does not answer
      + likely upstream-silent; 1 query to it stays unanswered
      + unlikely zone-or-policy; it answered at once, without waiting for anybody; but it did forward the question
      + on a pod behind 10.96.0.10: dig +tries=1 +time=3 @9.9.9.9 -q a.test  # connection timed out
      + Repair the path from 10.96.0.10 to 9.9.9.9, or let it forward to a server that answers.
      + upstream-silent is: the upstream server 9.9.9.9 is down or cannot be reached
    three upstreams
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - unlikely upstream-silent; but it answered at once, without waiting for anybody
      - on a machine with kubectl: kubectl -n kube-system get configmap coredns -o yaml  # the zones it serves, and the address after "forward ."
      - Look in the log of 10.96.0.10:53 for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.
      - upstream-silent is: its upstream server does not answer
      + likely upstream-silent; 5 queries to it stay unanswered
      + unlikely zone-or-policy; it answered at once, without waiting for anybody; but it did forward the question
      + on a pod behind 10.96.0.10: dig +tries=1 +time=3 @9.9.9.9 -q a.test  # connection timed out
      + on a pod behind 10.96.0.10: dig +tries=1 +time=3 @8.8.8.8 -q a.test  # connection timed out
      + Repair the path from 10.96.0.10 to 9.9.9.9, 8.8.8.8, 1.1.1.1, or let it forward to a server that answers.
      + upstream-silent is: the upstream server 9.9.9.9, 8.8.8.8, 1.1.1.1 is down or cannot be reached
    a neighbour is sought
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - unlikely upstream-silent; but it answered at once, without waiting for anybody
      + likely upstream-silent; nobody answers for 10.0.0.1, the upstream or the gateway to it
      + possible zone-or-policy; it answered at once, without waiting for anybody
      + Bring 10.0.0.1 back, or let 10.96.0.10 forward to a server that answers.
    a neighbour is sought, of an upstream
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - unlikely upstream-silent; but it answered at once, without waiting for anybody
      - on a machine with kubectl: kubectl -n kube-system get configmap coredns -o yaml  # the zones it serves, and the address after "forward ."
      - Look in the log of 10.96.0.10:53 for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.
      - upstream-silent is: its upstream server does not answer
      + likely upstream-silent; 2 queries to it stay unanswered; nobody answers for 10.0.0.1, the upstream or the gateway to it
      + unlikely zone-or-policy; it answered at once, without waiting for anybody; but it did forward the question
      + on a pod behind 10.96.0.10: dig +tries=1 +time=3 @9.9.9.9 -q a.test  # connection timed out
      + Repair the path from 10.96.0.10 to 9.9.9.9, or let it forward to a server that answers.
      + upstream-silent is: the upstream server 9.9.9.9 is down or cannot be reached
    refused
      - likely zone-or-policy; it answered at once, without waiting for anybody
      - on 10.244.1.5: dig +tries=1 +time=4 @10.96.0.10 -q a.test  # status: SERVFAIL
      - on a machine with kubectl: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50  # the reason for SERVFAIL, as of the plugin that gave it
      - Look in the log of 10.96.0.10:53 for the reason: an answer it does not accept (DNSSEC), a zone it cannot load, an upstream that it rejects.
      + likely zone-or-policy; REFUSED is a matter of policy; it answered at once, without waiting for anybody
      + on 10.244.1.5: dig +tries=1 +time=4 @10.96.0.10 -q a.test  # status: REFUSED
      + on a machine with kubectl: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50  # the reason for REFUSED, as of the plugin that gave it
      + Allow 10.244.1.5 to ask 10.96.0.10:53 (access list of the server), or ask a server that serves this client.
    a pod
      - on a machine with kubectl: kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide  # the DNS pod, its name and its node
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the DNS pod, its name and its node
    DNSSEC bogus
      - likely zone-or-policy; it answered at once, without waiting for anybody
      + likely dnssec-validation; it says so: DNSSEC Bogus (6)
      + possible zone-or-policy; it answered at once, without waiting for anybody
      + Repair the signatures of the zone or the trust anchor of the server; delv, or dig +cd, shows which is wrong.
      + dnssec-validation is: the server checks signatures (DNSSEC), and those of the zone are missing, wrong or have ended"
  `);
});
