import { isLinkLocalUnicast } from '../../text/addresses.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { dnsPods, kubectl, runs } from '../words/commands.ts';
import { counted } from '../words/counted.ts';

/** A name server that answers nothing, and what is known of the way to it. */
export interface SilentNameServer {
  client: string;
  /** The address that was asked, and the pod that the queries were translated to. */
  serverAddress: string;
  pod: string | null;
  port: number;
  answered: number;
  /** Other servers that answer the same client. */
  otherServers: string[];
  /** Whether the queries were captured behind the first point, up to the last one. */
  arrived: string[];
  /** Words that speak against a server that hangs: the queries or the answers are lost on the way. */
  lostOnTheWay: string[];
  /** Whether the server's own packets were captured: then there is a machine with that address. */
  heard: boolean;
  largeAnswers: boolean;
  /** The point behind which the answers of the server are lost; null where no point saw an answer. */
  answersAt: string | null;
}

/** What may be behind a name server that answers nothing, each with its command and its fix. */
export function silentNameServerCauses(found: SilentNameServer, names: Names): Cause[] {
  const {
    client,
    serverAddress,
    pod,
    port,
    answered,
    otherServers,
    arrived,
    lostOnTheWay,
    heard,
    largeAnswers,
    answersAt,
  } = found;
  const machine = pod ?? serverAddress;
  const neverThere = answered === 0 && arrived.length === 0 && !heard;
  return [
    {
      id: 'server-hangs',
      cause: `the DNS server${pod === null ? '' : ` ${names.address(pod)}`} hangs or is overloaded`,
      telling: lostOnTheWay.length === 0 ? arrived : [],
      for: answered > 0 ? [`it answered ${counted(answered, 'other lookup')}`] : [],
      against: lostOnTheWay,
      confirm: [
        isLinkLocalUnicast(serverAddress)
          ? kubectl(
              '-n kube-system get pods -l k8s-app=node-local-dns -o wide',
              `the one on ${names.nodeOf(client)}: whether it is Ready, how often it was restarted`,
            )
          : dnsPods(pod, 'the DNS pod: whether it is Ready, how often it was restarted'),
        ...(pod === null
          ? []
          : [
              runs(names.machine(pod), `ss -lunp 'sport = :${port}'`, {
                expect: 'a full receive queue (Recv-Q): the process does not read',
              }),
            ]),
      ],
      fix: [
        pod === null
          ? `Restart or scale the DNS server ${names.address(serverAddress)} if it gets the queries and does not answer.`
          : `Restart the DNS pod ${names.address(pod)}, or add replicas.`,
      ],
    },
    ...(otherServers.length > 0 && neverThere
      ? [
          {
            id: 'name-server-wrong',
            cause: `${client} is configured with a name server that is not there`,
            telling: [
              `nothing of ${names.address(serverAddress)} was ever heard, and ${names.address(otherServers[0])} answers the same client`,
            ],
            for: [],
            against: [],
            fix: [
              `Take ${serverAddress} out of the name servers of ${client} (dnsConfig or dnsPolicy of the pod, clusterDNS of its kubelet); ${names.address(otherServers[0])} answers.`,
            ],
          },
        ]
      : []),
    {
      id: 'filtered',
      cause: 'a NetworkPolicy or firewall drops the queries or the answers',
      telling: answersAt !== null && !largeAnswers ? [`its answers pass ${answersAt} and do not arrive`] : [],
      for: [],
      against: answered > 0 ? ['other queries of the same client to it are answered'] : [],
      confirm: [
        kubectl('get networkpolicies -A', `a policy that selects ${client} or the DNS pods and leaves out UDP ${port}`),
      ],
      fix: [
        `Allow UDP and TCP ${port} from ${client} to ${machine} where the ${answersAt === null ? 'queries' : 'answers'} vanish.`,
      ],
    },
    {
      id: 'service-not-translated',
      cause: 'the service address is not translated to a DNS pod (kube-proxy)',
      for: [],
      against: [
        ...(isLinkLocalUnicast(serverAddress)
          ? [`${serverAddress} is link-local: its node has it, and no service`]
          : []),
        ...arrived,
        ...(answered > 0 ? ['some queries to the same address are answered'] : []),
      ],
      confirm: [
        kubectl(
          'get endpointslices -n kube-system -l k8s-app=kube-dns',
          'no ready endpoint, if the service has nothing to translate to',
        ),
      ],
      fix: [`Get kube-proxy running on ${names.nodeOf(client)}, and give the DNS service ready endpoints.`],
    },
  ];
}
