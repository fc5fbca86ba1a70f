import { arpUnanswered } from '../../../../src/heuristics/rules/network-unreachable/arp-unanswered.ts';
import { arp, connection, evidence, hostActivity, point, ruleTable } from '../../../support/evidence.ts';

const LADDER = [0, 1, 2, 3];
const asking = (some: Parameters<typeof arp>[0] = {}) =>
  arp({ asker: '10.1.0.5', target: '10.1.0.9', requests: LADDER, ...some });
const asker = hostActivity('10.1.0.5');

ruleTable(arpUnanswered, {
  fires: {
    'the asker receives other traffic here': {
      evidence: evidence({ arp: [asking()], hosts: [asker, hostActivity('10.1.0.1')] }),
      finds: [{ asker: '10.1.0.5', target: '10.1.0.9', requests: 4, key: '10.1.0.5>10.1.0.9' }],
      says: [/asks 4 times who has 10\.1\.0\.9/],
    },
    'another neighbour answers the asker': evidence({
      arp: [asking(), arp({ asker: '10.1.0.5', target: '10.1.0.1', answers: ['02:00:00:00:00:09'] })],
      hosts: [hostActivity('10.1.0.1')],
    }),
    'the asker is all that is heard': evidence({ arp: [asking()], hosts: [hostActivity('10.1.0.5', { received: 0 })] }),
    'the last request is the end of the capture, three came before': evidence({
      points: [point({ quality: { lastTime: 3 } })],
      arp: [asking()],
      hosts: [asker],
    }),
    'neighbour solicitations of IPv6': {
      evidence: evidence({
        arp: [asking({ protocol: 'nd', asker: 'fd00::5', target: 'fd00::9' })],
        hosts: [hostActivity('fd00::5')],
      }),
      finds: [{ protocol: 'nd' }],
      says: [/Neighbour discovery/],
    },
    'the target answers others, and is asked every second': {
      evidence: evidence({
        arp: [asking(), arp({ asker: '10.1.0.7', target: '10.1.0.9', answers: ['02:00:00:00:00:02'] })],
        hosts: [hostActivity('10.1.0.5', { sent: 0, received: 0 }), hostActivity('10.1.0.9', { sent: 3 })],
      }),
      finds: [{ asker: '10.1.0.5', answersOthers: true, grade: 'inferred' }],
      says: [/answers others, but not 10\.1\.0\.5/, /gets no answer, while others do/],
    },
    'answered each time, and asked again every second': {
      evidence: evidence({
        arp: LADDER.map((at) => asking({ requests: [at], answers: ['02:00:00:00:00:02'] })),
        hosts: [hostActivity('10.1.0.5', { sent: 0 })],
      }),
      finds: [{ asker: '10.1.0.5', isAnswered: true, between: null, grade: 'inferred' }],
      says: [/the answers do not reach it/],
    },
    'asked of all every half a minute, answered each time, nothing else comes from its machine': {
      evidence: evidence({
        arp: LADDER.map((at) => asking({ requests: [30 * at], answers: ['02:00:00:00:00:02'] })),
        hosts: [hostActivity('10.1.0.5', { sent: 0 })],
      }),
      finds: [{ isAnswered: true, grade: 'inferred' }],
    },
    'one row of unanswered requests, half a minute apart, where the asker receives other traffic': {
      evidence: evidence({
        points: [point({ quality: { lastTime: 200 } })],
        arp: LADDER.map((at) => asking({ requests: [31 * at] })),
        hosts: [asker, hostActivity('10.1.0.1')],
      }),
      finds: [{ requests: 4 }],
    },
    'answered at another point only: the answers are lost between the two': {
      evidence: evidence({
        points: [point({ name: 'asker' }), point({ name: 'target' })],
        arp: [asking(), ...LADDER.map((at) => asking({ point: 1, requests: [at], answers: ['02:00:00:00:00:02'] }))],
        hosts: [hostActivity('10.1.0.5', { sent: 0 })],
      }),
      finds: [{ isAnswered: true, between: [1, 0], grade: 'confirmed' }],
    },
    'two points, the conversation with the target is its symptom': {
      evidence: evidence({
        points: [point({ name: 'client' }), point({ name: 'node' })],
        arp: [asking()],
        hosts: [asker],
        connections: [connection({ client: '10.1.0.5:4000', server: '10.1.0.9:80', syn: [3, 4], point: 1 })],
      }),
      finds: [{ conversations: [0, 1] }],
    },
    'a pod that gets nothing out, on its veth, where others’ broadcasts are flooded': {
      evidence: evidence({
        points: [point({ role: 'pod-veth' })],
        arp: [
          asking({ requests: [0, 1.02, 2.05, 3.2] }),
          arp({ asker: '10.1.0.8', target: '10.1.0.1', requests: [2] }),
        ],
      }),
      finds: [{ asker: '10.1.0.5', requests: 4 }],
    },
    'the gateway of a Calico pod': {
      evidence: evidence({ points: [point({ role: 'pod-veth' })], arp: [asking({ target: '169.254.1.1' })] }),
      finds: [{ target: '169.254.1.1' }],
    },
    'a router asks from its link-local address': {
      evidence: evidence({
        points: [point({ role: 'bridge' })],
        arp: [asking({ protocol: 'nd', asker: 'fe80::1', target: 'fd00::9' })],
        hosts: [hostActivity('fe80::1', { sent: 4, received: 0 })],
      }),
      finds: [{ asker: 'fe80::1', protocol: 'nd' }],
    },
    'what the pods of the asking node send is stuck before its NIC': {
      evidence: evidence({
        points: [
          point({ name: 'node1 eth0', role: 'node-nic', host: 'node1' }),
          point({ name: 'node1 flannel.1', role: 'tunnel-device', host: 'node1' }),
        ],
        arp: [asking()],
        hosts: [asker],
        connections: [connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3], point: 1 })],
      }),
      finds: [{ conversations: [0, 1] }],
    },
  },
  quiet: {
    'inside a node, but minutes apart': evidence({
      points: [point({ role: 'pod-veth' })],
      arp: [asking({ requests: [0, 20, 40, 60] })],
    }),
    'the solicitations of a router alone, minutes apart: answers may not be visible': evidence({
      arp: [asking({ protocol: 'nd', asker: 'fd00::1', target: 'fd00::9', requests: [0, 20, 40] })],
      hosts: [hostActivity('fd00::1', { sent: 3, received: 0 })],
    }),
    ...Object.fromEntries(
      ['::', '::1', 'ff02::1'].map((address) => [
        `asked from ${address}, which is no address of a router`,
        evidence({
          points: [point({ role: 'bridge' })],
          arp: [asking({ protocol: 'nd', asker: address, target: 'fd00::9' })],
          hosts: [hostActivity(address, { sent: 4, received: 0 })],
        }),
      ]),
    ),
    'a metadata service that is not there': evidence({
      arp: [asking({ target: '169.254.169.254' })],
      hosts: [asker],
    }),
    'a bystander sees the broadcasts only': evidence({
      arp: [asking()],
      hosts: [hostActivity('10.1.0.5', { received: 0 }), hostActivity('10.1.0.77')],
    }),
    'the target sends at this point': evidence({ arp: [asking()], hosts: [asker, hostActivity('10.1.0.9')] }),
    'an announcement is no request': evidence({ arp: [asking({ gratuitous: true })], hosts: [asker] }),
    answered: evidence({ arp: [asking({ answers: ['02:00:00:00:00:02'] })], hosts: [asker] }),
    'answered at another point, and the asker uses the answer': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      arp: [asking(), asking({ point: 1, answers: ['02:00:00:00:00:02'] })],
      hosts: [hostActivity('10.1.0.5', { sent: 5 })],
    }),
    'answered each time, and the asker sends IP packets: it polls its gateway': evidence({
      arp: LADDER.map((at) => asking({ requests: [at], answers: ['02:00:00:00:00:02'] })),
      hosts: [hostActivity('10.1.0.5', { sent: 5 })],
    }),
    'answered each time, and asked alone half a minute later': evidence({
      arp: LADDER.map((at) =>
        asking({ requests: [30 * at], answers: ['02:00:00:00:00:02'], broadcasts: at === 0 ? 1 : 0 }),
      ),
      hosts: [hostActivity('10.1.0.5', { sent: 0 })],
    }),
    'a router asks all half a minute apart, is answered each time, and forwards what others send': evidence({
      arp: LADDER.map((at) => asking({ requests: [30 * at], answers: ['02:00:00:00:00:02'] })),
      hosts: [
        hostActivity('10.1.0.5', { sent: 0 }),
        hostActivity('192.0.2.9', { macs: [{ value: '02:00:00:00:00:01', count: 5 }] }),
      ],
    }),
    'asked of all, answered each time, at no rhythm': evidence({
      arp: [0, 30, 75, 90].map((at) => asking({ requests: [at], answers: ['02:00:00:00:00:02'] })),
      hosts: [hostActivity('10.1.0.5', { sent: 0 })],
    }),
    'single unanswered requests, minutes apart at no rhythm': evidence({
      points: [point({ quality: { lastTime: 200 } })],
      arp: [0, 40, 140, 180].map((at) => asking({ requests: [at] })),
      hosts: [asker],
    }),
    'the target answers others, the asker asks at no rhythm of a host that waits': evidence({
      arp: [
        asking({ requests: [0, 30, 60, 90] }),
        arp({ asker: '10.1.0.7', target: '10.1.0.9', answers: ['02:00:00:00:00:02'] }),
      ],
      hosts: [hostActivity('10.1.0.5', { sent: 0, received: 0 }), hostActivity('10.1.0.9', { sent: 3 })],
    }),
    'two requests only': evidence({ arp: [asking({ requests: [0, 1] })], hosts: [asker] }),
    'the capture ends before the third had time': evidence({
      points: [point({ quality: { lastTime: 2.5 } })],
      arp: [asking()],
      hosts: [asker],
    }),
  },
  notes: {
    'a sweep of ten silent addresses': {
      evidence: evidence({
        arp: Array.from({ length: 10 }, (_, index) => asking({ target: `10.1.0.${100 + index}` })),
        hosts: [asker],
      }),
      finds: [{ target: '10.1.0.100', others: 9 }],
      says: [/9 further addresses are asked for in vain/],
    },
  },
});
