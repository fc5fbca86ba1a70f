import { expect, test } from 'vitest';
import { type SilentNameServer, silentNameServerCauses } from '../../../src/heuristics/causes/silent-name-server.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

test('a name server that answers nothing', () => {
  const base: SilentNameServer = {
    client: '10.244.1.5',
    serverAddress: '10.96.0.10',
    pod: null,
    port: 53,
    answered: 0,
    otherServers: [],
    arrived: [],
    lostOnTheWay: [],
    heard: false,
    largeAnswers: false,
    answersAt: null,
  };
  const said = saidOtherwise(base, (of) => ({ causes: silentNameServerCauses(of, names) }), {
    arrived: { arrived: ['seen at node2'] },
    'arrived, lost behind': { arrived: ['seen at node2'], lostOnTheWay: ['lost at node2'] },
    'one other is answered': { answered: 1 },
    'another server answers': { otherServers: ['10.96.0.11', '10.96.0.12'] },
    'another server answers, and this one is heard': { otherServers: ['10.96.0.11'], heard: true },
    'another server answers, and they arrive here': { otherServers: ['10.96.0.11'], arrived: ['seen'] },
    'another server answers, and this one once': { otherServers: ['10.96.0.11'], answered: 2 },
    'answers end': { answersAt: 'node2 eth0' },
    'large answers end': { answersAt: 'node2 eth0', largeAnswers: true },
    'link-local': { serverAddress: '169.254.20.10' },
    'a pod': { pod: '10.244.2.7' },
  });
  expect(said).toMatchInlineSnapshot(`
    "arrived
      - possible server-hangs
      - possible service-not-translated
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + likely server-hangs; seen at node2
      + unlikely service-not-translated; but seen at node2
    arrived, lost behind
      - possible server-hangs
      - possible service-not-translated
      - Restart or scale the DNS server 10.96.0.10 if it gets the queries and does not answer.
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + unlikely server-hangs; but lost at node2
      + unlikely service-not-translated; but seen at node2
    one other is answered
      - possible server-hangs
      - possible filtered
      - possible service-not-translated
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + likely server-hangs; it answered 1 other lookup
      + unlikely filtered; but other queries of the same client to it are answered
      + unlikely service-not-translated; but some queries to the same address are answered
    another server answers
      + likely name-server-wrong; nothing of 10.96.0.10 was ever heard, and 10.96.0.11 answers the same client
      + Take 10.96.0.10 out of the name servers of 10.244.1.5 (dnsConfig or dnsPolicy of the pod, clusterDNS of its kubelet); 10.96.0.11 answers.
      + name-server-wrong is: 10.244.1.5 is configured with a name server that is not there
    another server answers, and this one is heard
    another server answers, and they arrive here
      - possible server-hangs
      - possible service-not-translated
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + likely server-hangs; seen
      + unlikely service-not-translated; but seen
    another server answers, and this one once
      - possible server-hangs
      - possible filtered
      - possible service-not-translated
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + likely server-hangs; it answered 2 other lookups
      + unlikely filtered; but other queries of the same client to it are answered
      + unlikely service-not-translated; but some queries to the same address are answered
    answers end
      - possible filtered
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      + likely filtered; its answers pass node2 eth0 and do not arrive
      + Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the answers vanish.
    large answers end
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      + Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the answers vanish.
    link-local
      - possible service-not-translated
      - on a machine with kubectl: kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide  # the DNS pod: whether it is Ready, how often it was restarted
      - Restart or scale the DNS server 10.96.0.10 if it gets the queries and does not answer.
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      - Get kube-proxy running on the node of 10.244.1.5, and give the DNS service ready endpoints.
      + unlikely service-not-translated; but 169.254.20.10 is link-local: its node has it, and no service
      + on a machine with kubectl: kubectl -n kube-system get pods -l k8s-app=node-local-dns -o wide  # the one on the node of 10.244.1.5: whether it is Ready, how often it was restarted
      + Restart or scale the DNS server 169.254.20.10 if it gets the queries and does not answer.
      + Allow UDP and TCP 53 from 10.244.1.5 to 169.254.20.10 where the queries vanish.
    a pod
      - on a machine with kubectl: kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide  # the DNS pod: whether it is Ready, how often it was restarted
      - Restart or scale the DNS server 10.96.0.10 if it gets the queries and does not answer.
      - Allow UDP and TCP 53 from 10.244.1.5 to 10.96.0.10 where the queries vanish.
      - server-hangs is: the DNS server hangs or is overloaded
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the DNS pod: whether it is Ready, how often it was restarted
      + on 10.244.2.7: ss -lunp 'sport = :53'  # a full receive queue (Recv-Q): the process does not read
      + Restart the DNS pod 10.244.2.7, or add replicas.
      + Allow UDP and TCP 53 from 10.244.1.5 to 10.244.2.7 where the queries vanish.
      + server-hangs is: the DNS server 10.244.2.7 hangs or is overloaded"
  `);
});
