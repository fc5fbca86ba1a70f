// The table of the live harness as a page.

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const seen = ({ seen: why, before, after, isMain }) => {
  if (why !== undefined) return why;
  if (!before.holds) return isMain ? 'NO' : 'no: rules this cause out';
  return `yes, then ${after.holds ? 'still' : 'no longer'}`;
};

export function tableOf(results) {
  const passed = results.filter(({ verdict }) => verdict === 'ok');
  const rows = results.flatMap(({ id, ruleId = '', commands = [], verdict, by = '', works }) => {
    if (commands.length === 0) return [`| \`${id}\` | ${cell(verdict)} | | |`];
    return commands.map((one, at) =>
      [
        '',
        at === 0 ? `\`${id}\`: ${ruleId}. Ended by ${by}; traffic ${works ? 'works' : 'does NOT work'} then` : '',
        `on ${cell(one.on)}: \`${cell(one.command)}\``,
        cell(one.expect),
        cell(seen(one)),
        '',
      ]
        .join(' | ')
        .trim(),
    );
  });
  return `# Advice, checked live

Made by \`npm run test:live -- --write\`, which builds each fault in network namespaces, runs the commands of the report on
the machines that it names, ends the fault, and runs them again. A command shows what is expected of it while the fault
stands ("yes"), and what tells the fault from its absence does not show it afterwards ("no longer"). One that belongs
to another cause than the likely one rules that cause out where it does not show it. Commands for \`kubectl\` ask a
cluster, which no namespace is; others show people something that has no test of its output.

${passed.length} of ${results.length} faults passed.

| fault | command | expected | seen |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
