// Packs a tree and puts what was packed into an empty project, as a user gets it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Path, inside a project, of the installed command. */
export const COMMAND = 'node_modules/pcapdiag/bin/pcapdiag.js';

export function packTree(tree, destination) {
  if (!existsSync(join(tree, 'dist/bundle/main.js'))) throw new Error(`${tree} is not built: npm run build`);
  mkdirSync(destination, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', destination], {
    cwd: tree,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // An array before npm 12, an object by package name from there on.
  return join(destination, Object.values(JSON.parse(packed))[0].filename);
}

export function extractInto(project, tarball, dependencies, name = 'pcapdiag') {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  const { dependencies: wanted } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const each of Object.keys(wanted)) {
    const link = join(project, 'node_modules', each);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(dependencies, each), link, 'junction');
  }
}

export function installFromRegistry(project, tarball) {
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
