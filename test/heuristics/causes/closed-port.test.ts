import { expect, test } from 'vitest';
import { type ClosedPort, notListening, wrongTargetPort } from '../../../src/heuristics/causes/closed-port.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

test('a port that is refused', () => {
  const base: ClosedPort = {
    client: '10.244.1.5',
    server: '10.244.2.7',
    port: 80,
    ports: 1,
    clients: 1,
    served: 0,
    listensLater: false,
    otherPortsAnswer: false,
    target: null,
    backend: null,
    service: null,
  };
  const service = { address: '10.96.0.10', port: 80, kind: 'service address' as const, signs: [] };
  const target = { address: '10.244.2.9', port: 8080 };
  const backend = { service: 's', backend: 'b', address: '10.244.2.9', failed: 3, attempts: 9, backends: 2 };
  const said = saidOtherwise(base, (of) => ({ causes: [notListening(of, names), wrongTargetPort(of)] }), {
    'two ports': { ports: 2 },
    'two ports, two clients': { ports: 2, clients: 2 },
    'listens later': { listensLater: true },
    'other ports answer': { otherPortsAnswer: true },
    'one is served': { served: 1 },
    'translated, another port': { target },
    'translated, the same port': { target: { ...target, port: 80 } },
    'a service address': { service },
    'a service address, translated': { service, target },
    'a node port': { service: { ...service, kind: 'node port' } },
    'a node port, translated': { service: { ...service, kind: 'node port' }, target },
    'one backend of several': { backend },
    'one backend of several, and others are served': { backend, served: 2 },
    'between two points': { between: [0, 1] },
  });
  expect(said).toMatchInlineSnapshot(`
    "two ports
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + Nothing to mend on 10.244.2.7, if none of these ports is to serve: find out who 10.244.1.5 is and why these ports are tried.
    two ports, two clients
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + Nothing to mend on 10.244.2.7, if none of these ports is to serve: find out who the 2 clients are and why these ports are tried.
    listens later
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + Let clients wait for 10.244.2.7: a readinessProbe keeps a pod out of its service until it listens, and clients have to try again.
    other ports answer
      - likely not-listening; the host answers at once with a reset
      + likely not-listening; the host answers at once with a reset; other ports of the host answer
    one is served
      - possible wrong-target-port
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      + unlikely wrong-target-port; but 1 other connection to it is served
    translated, another port
      - on 10.244.2.7: ss -lntp 'sport = :80'  # no listener on port 80, or one on 127.0.0.1 only
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod: whether it is Ready, how often it was restarted
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      - wrong-target-port is: the service has the wrong targetPort
      + on 10.244.2.9: ss -lntp 'sport = :8080'  # no listener on port 8080, or one on 127.0.0.1 only
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.9  # the pod: whether it is Ready, how often it was restarted
      + Start the application on 10.244.2.9, and let it listen on port 8080 of all addresses (0.0.0.0 or ::).
      + Or correct the targetPort of the service, where the application listens on another port than 8080.
      + wrong-target-port is: the service has the wrong targetPort (it sends port 80 to 8080)
    translated, the same port
      - on 10.244.2.7: ss -lntp 'sport = :80'  # no listener on port 80, or one on 127.0.0.1 only
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod: whether it is Ready, how often it was restarted
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + on 10.244.2.9: ss -lntp 'sport = :80'  # no listener on port 80, or one on 127.0.0.1 only
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.9  # the pod: whether it is Ready, how often it was restarted
      + Start the application on 10.244.2.9, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
    a service address
      - likely not-listening; the host answers at once with a reset
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod: whether it is Ready, how often it was restarted
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + unlikely not-listening; the host answers at once with a reset; but no process has a service address
      + on a machine with kubectl: kubectl get pods,services -A -o wide | grep -w 10.244.2.7  # the Service that has the address: its pods are those of its selector
    a service address, translated
      - likely not-listening; the host answers at once with a reset
      - on 10.244.2.7: ss -lntp 'sport = :80'  # no listener on port 80, or one on 127.0.0.1 only
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod: whether it is Ready, how often it was restarted
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      - wrong-target-port is: the service has the wrong targetPort
      + unlikely not-listening; the host answers at once with a reset; but no process has a service address
      + on 10.244.2.9: ss -lntp 'sport = :8080'  # no listener on port 8080, or one on 127.0.0.1 only
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.9  # the pod: whether it is Ready, how often it was restarted
      + Or correct the targetPort of the service, where the application listens on another port than 8080.
      + wrong-target-port is: the service has the wrong targetPort (it sends port 80 to 8080)
    a node port
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + Start the application behind port 80 of 10.244.2.7: the pods of the service with this node port, or a program of the node itself.
    a node port, translated
      - on 10.244.2.7: ss -lntp 'sport = :80'  # no listener on port 80, or one on 127.0.0.1 only
      - on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.7  # the pod: whether it is Ready, how often it was restarted
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      - wrong-target-port is: the service has the wrong targetPort
      + on 10.244.2.9: ss -lntp 'sport = :8080'  # no listener on port 8080, or one on 127.0.0.1 only
      + on a machine with kubectl: kubectl get pods -A -o wide | grep -w 10.244.2.9  # the pod: whether it is Ready, how often it was restarted
      + Start the application on 10.244.2.9, and let it listen on port 8080 of all addresses (0.0.0.0 or ::).
      + Or correct the targetPort of the service, where the application listens on another port than 8080.
      + wrong-target-port is: the service has the wrong targetPort (it sends port 80 to 8080)
    one backend of several
      - possible wrong-target-port
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      + unlikely wrong-target-port; but other endpoints answer on theirs
    one backend of several, and others are served
      - possible wrong-target-port
      - Or correct the targetPort of the service, where the application listens on another port than 80.
      + unlikely wrong-target-port; but other endpoints answer on theirs
    between two points
      - likely not-listening; the host answers at once with a reset
      - Start the application on 10.244.2.7, and let it listen on port 80 of all addresses (0.0.0.0 or ::).
      + unlikely not-listening; the host answers at once with a reset; but the SYNs do not get to it"
  `);
});
