#!/usr/bin/env node
import { loadBundle } from '../dist/cli/load-bundle.js';

const { main } = loadBundle(new URL('../dist/bundle/main.cjs', import.meta.url)).exports;
await main(process.argv.slice(2), () => import('../dist/cli/command-line.js'));
