// Builds the container of Containerfile and runs it, where an engine has or gets its base image; says what it did.
//   npm run container
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TREE = fileURLToPath(new URL('../..', import.meta.url));
const CAPTURES = join(TREE, 'test/pcaps/case-2');
const IMAGE = 'pcapdiag-tried';
const BASE = /^FROM (\S+)/m.exec(readFileSync(join(TREE, 'Containerfile'), 'utf8'))[1];

const build = ['-t', IMAGE, '-f', 'Containerfile', '.'];
const run = (argv) => ['run', '--rm', '-v', `${CAPTURES}:/captures:ro`, IMAGE, ...argv];
const ENGINES = [
  { name: 'docker', build: ['build', ...build], runOf: run },
  { name: 'podman', build: ['build', ...build], runOf: run },
  // Runs as root where nothing else does; the command is written out, as it runs no entry point by itself.
  { name: 'buildah', build: ['bud', '--isolation', 'chroot', ...build], runOf: undefined },
];

const engine = ENGINES.find(({ name }) => hasBase(name));
if (engine === undefined)
  console.log(`skipped: no container engine here (docker, podman, buildah) has or gets the base image ${BASE}`);
else tryWith(engine);

function hasBase(name) {
  if (said(name, ['inspect', '--type', 'image', BASE]).status === 0) return true;
  return said(name, ['pull', BASE]).status === 0;
}

function tryWith({ name, build, runOf }) {
  console.log(`${name} builds Containerfile on ${BASE}`);
  const built = spawnSync(name, build, { cwd: TREE, stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) return fail(`${name} ${build.join(' ')} ended with ${built.status}`);
  const { version } = JSON.parse(readFileSync(join(TREE, 'package.json'), 'utf8'));
  const inside = runOf ? (argv) => said(name, runOf(argv)) : inBuildah(name);
  const tried = [
    [['--version'], 0, new RegExp(`^${version}\n$`)],
    [['--help'], 0, /^pcapdiag FILE/],
    [['/captures'], 1, /^FAULT {2}Large packets from 10\.20\.30\.202/],
  ];
  for (const [argv, wanted, words] of tried) {
    const { status, stdout, stderr } = inside(argv);
    if (status !== wanted || !words.test(stdout))
      return fail(`pcapdiag ${argv.join(' ')}: ${status}, ${stdout.slice(0, 300)} ${stderr.slice(0, 300)}`);
    console.log(`pass  pcapdiag ${argv.join(' ')}`);
  }
}

/** A container for each run, with the entry point that the image names. */
function inBuildah(name) {
  const format = '{{range .OCIv1.Config.Entrypoint}}{{.}}{{end}}';
  const entry = said(name, ['inspect', '--type', 'image', '--format', format, IMAGE]).stdout.trim();
  return (argv) => {
    const container = said(name, ['from', '--pull-never', IMAGE]).stdout.trim();
    const mounted = ['run', '--isolation', 'chroot', '-v', `${CAPTURES}:/captures:ro`, container, '--'];
    const outcome = said(name, [...mounted, entry, ...argv]);
    said(name, ['rm', container]);
    return outcome;
  };
}

function said(name, argv) {
  return spawnSync(name, argv, { encoding: 'utf8' });
}

function fail(words) {
  console.error(words);
  process.exitCode = 1;
}
