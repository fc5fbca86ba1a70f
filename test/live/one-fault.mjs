// Runs inside `lab.py live ID --`, while the fault stands: analyses its captures, runs the commands of the report on the
// machines that it names, takes the fault away, and runs them again. Prints one JSON object.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPAIRED_BY_REPORT, undoOf } from './faults.mjs';

const [id] = process.argv.slice(2);
const folder = process.env.LAB_CASE;
const spaces = JSON.parse(process.env.LAB_HOSTS);
const label = JSON.parse(readFileSync(join(folder, 'label.json'), 'utf8'));
const COMMAND_SECONDS = 12;

const inSpace = (space, command, seconds = COMMAND_SECONDS) => {
  const run = spawnSync('ip', ['netns', 'exec', space, 'timeout', String(seconds), 'bash', '-c', command], {
    encoding: 'utf8',
    env: { ...process.env, LAB_NS: space },
  });
  return `${run.stdout}${run.stderr}`;
};

/** Nodes of pods: a machine that is called "the node of 10.244.1.5" is the node, not the pod. */
const nodeOfPod = new Map();
for (const [node, { pods = {} }] of Object.entries(label.topology.hosts)) {
  for (const pod of Object.values(pods)) nodeOfPod.set(pod.ip, node);
}
/** Addresses of the machines that the lab does not list: a second one, that of the overlay, that of a gateway. */
const otherwise = new Map(
  Object.entries(label.topology.hosts).flatMap(([node, host]) =>
    [host.overlay_ip, host.gateway]
      .filter(Boolean)
      .map((address) => [address, address === host.gateway ? 'fabric' : node]),
  ),
);

function spaceOf(on) {
  const address = /\d+\.\d+\.\d+\.\d+/.exec(on)?.[0];
  if (/another pod than/.test(on)) return spaces[[...nodeOfPod.keys()].find((pod) => pod !== address)];
  if (address === undefined) return spaces[on];
  if (/\bthe node of\b/.test(on)) return spaces[nodeOfPod.get(address)] ?? spaces[address];
  return spaces[address] ?? spaces[otherwise.get(address)];
}

const { proto, server, client_ips: clients, client } = label.affected_flow;
const clientSpace = spaces[client] ?? spaces[clients.find((one) => spaces[one] !== undefined)];
const [address] = server.split(':');
/** What the client does again and again; it works when it prints WORKS. */
const TRAFFIC = {
  tcp: `curl -s -m 5 -o /dev/null -w '%{http_code}' --noproxy '*' http://${server}/bytes/40000 --data-binary @<(head -c 20000 /dev/zero) | grep -q 200 && echo WORKS`,
  udp: `dig +tries=1 +time=4 @${address} -q bucket.obs.example.com | grep -qE 'status: (NOERROR|NXDOMAIN)' && echo WORKS`,
  icmp: `ping -c 2 -i 0.3 -W 1 ${id.includes('size') ? '-M do -s 1380 ' : ''}${address} | grep -qE '[1-9] received' && echo WORKS`,
};
const traffic = TRAFFIC[proto];

/** The sum of the numbers behind a word of the output. */
const countIn = (output, word) =>
  [...output.matchAll(new RegExp(`${word}\\s*=?\\s*(\\d+)`, 'g'))].reduce((sum, [, number]) => sum + Number(number), 0);

/** Whether the command shows what it is expected to show, with traffic going on. */
function shows({ on, command, shows: test }) {
  const space = spaceOf(on);
  const isWatch = command.startsWith('tcpdump');
  const child =
    isWatch || test.rises !== undefined
      ? spawn('ip', ['netns', 'exec', clientSpace, 'bash', '-c', `sleep 1; ${traffic}; ${traffic}`], {
          stdio: 'ignore',
        })
      : null;
  const first = test.rises === undefined ? '' : inSpace(space, command);
  if (test.rises !== undefined) inSpace(clientSpace, `${traffic}; ${traffic}`, 20);
  const output = inSpace(space, command, isWatch ? 8 : COMMAND_SECONDS);
  child?.kill();
  const holds =
    test.rises !== undefined
      ? countIn(output, test.rises) > countIn(first, test.rises)
      : test.has !== undefined
        ? new RegExp(test.has).test(output)
        : !new RegExp(test.lacks).test(output);
  return { holds, output: output.trim().split('\n').slice(0, 2).join(' / ').slice(0, 160) };
}

const captures = readdirSync(folder).filter((name) => name.endsWith('.pcap') || name.endsWith('.pcapng'));
const analysis = spawnSync(
  process.execPath,
  ['bin/pcapdiag.js', 'analyze', ...captures.map((name) => join(folder, name)), '--format', 'json'],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
);
const finding = JSON.parse(analysis.stdout).findings[0];
const commands = finding.confirm.map((one) => {
  const { on, command, expect, shows: test } = one;
  const row = {
    on,
    command,
    expect,
    cause: one.cause ?? null,
    isMain: one.cause === undefined || one.cause === finding.hypotheses[0]?.id,
  };
  if (command.startsWith('kubectl')) return { ...row, seen: 'asks the cluster: no namespace answers' };
  if (spaceOf(on) === undefined) return { ...row, seen: 'a machine outside the lab' };
  if (test === undefined) return { ...row, seen: 'for people: no test of its output' };
  const before = shows(one);
  return { ...row, test: one, before };
});

const repairs = REPAIRED_BY_REPORT.includes(id) ? finding.repairs.slice(0, 1) : [];
for (const { on, command } of repairs) inSpace(spaceOf(on), command);
for (const [host, command] of undoOf(id, label)) {
  const hosts = host === 'all' ? new Set(Object.values(spaces)) : [spaces[host]];
  for (const space of hosts) inSpace(space, command);
}
const works = /WORKS/.test(inSpace(clientSpace, `for i in 1 2 3; do ${traffic} && break; sleep 1; done`, 30));
const rows = commands.map(({ test, ...row }) =>
  test === undefined || !row.before.holds ? row : { ...row, after: shows(test) },
);
console.log(
  JSON.stringify({
    id,
    ruleId: finding.ruleId,
    by: repairs.length > 0 ? 'the fix of the report' : 'what the scenario did, taken back',
    works,
    commands: rows,
  }),
);
