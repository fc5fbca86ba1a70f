import { expect, test } from 'vitest';
import { type SilentPort, silentPortCauses } from '../../../src/heuristics/causes/silent-port.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

test('a port on which nothing answers', () => {
  const base: SilentPort = {
    client: '10.244.1.5',
    server: '10.244.2.7',
    port: 80,
    otherPortsAnswer: false,
    answered: 0,
    neverHeard: false,
    reachedLastPoint: false,
    lastPoint: 0,
    service: null,
  };
  const said = saidOtherwise(base, (of) => ({ causes: silentPortCauses(of, names) }), {
    'other ports answer': { otherPortsAnswer: true },
    'one other is answered': { answered: 1 },
    'never heard': { neverHeard: true },
    'never heard, though others are answered': { neverHeard: true, answered: 1 },
    'reached the last point': { reachedLastPoint: true },
    'maybe a service': { service: { because: 'it looks so', nic: null } },
    'maybe a service, seen at a NIC': { service: { because: 'it looks so', nic: 0 } },
    'maybe a service, reached the last point': {
      service: { because: 'it looks so', nic: null },
      reachedLastPoint: true,
    },
    'maybe a service, others are answered': { service: { because: 'it looks so', nic: null }, answered: 1 },
  });
  expect(said).toMatchInlineSnapshot(`
    "other ports answer
      - likely filtered; no ICMP error says that it cannot be reached
      - possible host-down
      - Bring 10.244.2.7 back, or repair the route of 10.244.1.5 to it.
      + likely filtered; other ports of 10.244.2.7 answer
      + unlikely host-down; but other ports of 10.244.2.7 answer
    one other is answered
      - possible host-down
      - Bring 10.244.2.7 back, or repair the route of 10.244.1.5 to it.
      + unlikely host-down; but other connections to this port are answered
    never heard
      - possible host-down
      + likely host-down; nothing of 10.244.2.7 was seen to answer
    never heard, though others are answered
      - possible host-down
      - Bring 10.244.2.7 back, or repair the route of 10.244.1.5 to it.
      + unlikely host-down; but other connections to this port are answered
    reached the last point
      - on the node of 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      - Allow TCP port 80 from 10.244.1.5 to 10.244.2.7 where the packets vanish (firewall, security group, NetworkPolicy).
      + on the machine where node1 eth0 was captured: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      + on 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # the same on the machine itself, behind the last capture point
      + Allow TCP port 80 from 10.244.1.5 to 10.244.2.7 where the packets vanish: on the machine where node1 eth0 was captured or behind it.
    maybe a service
      - on the node of 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      - on 10.244.1.5: ping -c 3 -W 1 10.244.2.7  # no answer
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod or node that has the address; nothing: it is gone
      + likely service-not-translated; it looks so
      + on the node of 10.244.1.5: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      + on a machine with kubectl: kubectl get services -A -o wide | grep -w 10.244.2.7  # the Service that has the address, and its selector; nothing: it is the address of no Service
      + on the node of 10.244.1.5: iptables-save -t nat | grep -F 10.244.2.7; nft list ruleset | grep -F 10.244.2.7  # no rule (with IPVS: ipvsadm -Ln shows no such address)
      + on a machine with kubectl: kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy  # no kube-proxy Running on the node of 10.244.1.5; kubectl describe with its name shows why
      + on a machine with kubectl: kubectl get pods,services -A -o wide | grep -w 10.244.2.7  # the pod or Service that has the address; nothing: nobody in the cluster has it
      + Get kube-proxy, or what replaces it, running on the node of 10.244.1.5, so that it translates 10.244.2.7 to a pod.
      + service-not-translated is: 10.244.2.7 is the address of a Service, and the node of 10.244.1.5 does not translate it to a pod
    maybe a service, seen at a NIC
      - on the node of 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      - on 10.244.1.5: ping -c 3 -W 1 10.244.2.7  # no answer
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod or node that has the address; nothing: it is gone
      + likely service-not-translated; it looks so; at node1 eth0 the packets still have this destination
      + on a machine with kubectl: kubectl get services -A -o wide | grep -w 10.244.2.7  # the Service that has the address, and its selector; nothing: it is the address of no Service
      + on the node of 10.244.1.5: iptables-save -t nat | grep -F 10.244.2.7; nft list ruleset | grep -F 10.244.2.7  # no rule (with IPVS: ipvsadm -Ln shows no such address)
      + on a machine with kubectl: kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy  # no kube-proxy Running on the node of 10.244.1.5; kubectl describe with its name shows why
      + on the node of 10.244.1.5: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      + on a machine with kubectl: kubectl get pods,services -A -o wide | grep -w 10.244.2.7  # the pod or Service that has the address; nothing: nobody in the cluster has it
      + Get kube-proxy, or what replaces it, running on the node of 10.244.1.5, so that it translates 10.244.2.7 to a pod.
      + service-not-translated is: 10.244.2.7 is the address of a Service, and the node of 10.244.1.5 does not translate it to a pod
    maybe a service, reached the last point
      - on the node of 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      - on 10.244.1.5: ping -c 3 -W 1 10.244.2.7  # no answer
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod or node that has the address; nothing: it is gone
      - Allow TCP port 80 from 10.244.1.5 to 10.244.2.7 where the packets vanish (firewall, security group, NetworkPolicy).
      + likely service-not-translated; it looks so
      + on the machine where node1 eth0 was captured: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      + on a machine with kubectl: kubectl get services -A -o wide | grep -w 10.244.2.7  # the Service that has the address, and its selector; nothing: it is the address of no Service
      + on the node of 10.244.1.5: iptables-save -t nat | grep -F 10.244.2.7; nft list ruleset | grep -F 10.244.2.7  # no rule (with IPVS: ipvsadm -Ln shows no such address)
      + on a machine with kubectl: kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy  # no kube-proxy Running on the node of 10.244.1.5; kubectl describe with its name shows why
      + on a machine with kubectl: kubectl get pods,services -A -o wide | grep -w 10.244.2.7  # the pod or Service that has the address; nothing: nobody in the cluster has it
      + Allow TCP port 80 from 10.244.1.5 to 10.244.2.7 where the packets vanish: on the machine where node1 eth0 was captured or behind it.
      + Get kube-proxy, or what replaces it, running on the node of 10.244.1.5, so that it translates 10.244.2.7 to a pod.
      + service-not-translated is: 10.244.2.7 is the address of a Service, and the node of 10.244.1.5 does not translate it to a pod
    maybe a service, others are answered
      - possible host-down
      - on the node of 10.244.2.7: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      - on 10.244.1.5: ping -c 3 -W 1 10.244.2.7  # no answer
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod or node that has the address; nothing: it is gone
      - Bring 10.244.2.7 back, or repair the route of 10.244.1.5 to it.
      + unlikely service-not-translated; it looks so; but other connections to this port are answered
      + unlikely host-down; but other connections to this port are answered
      + on the node of 10.244.1.5: iptables-save | grep -iE 'drop|reject'; nft list ruleset | grep -iE 'drop|reject'  # a rule that matches packets of 10.244.1.5 to port 80
      + on a machine with kubectl: kubectl get services -A -o wide | grep -w 10.244.2.7  # the Service that has the address, and its selector; nothing: it is the address of no Service
      + on the node of 10.244.1.5: iptables-save -t nat | grep -F 10.244.2.7; nft list ruleset | grep -F 10.244.2.7  # no rule (with IPVS: ipvsadm -Ln shows no such address)
      + on a machine with kubectl: kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy  # no kube-proxy Running on the node of 10.244.1.5; kubectl describe with its name shows why
      + on a machine with kubectl: kubectl get pods,services -A -o wide | grep -w 10.244.2.7  # the pod or Service that has the address; nothing: nobody in the cluster has it
      + service-not-translated is: 10.244.2.7 is the address of a Service, and the node of 10.244.1.5 does not translate it to a pod"
  `);
});
