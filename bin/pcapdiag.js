#!/usr/bin/env node
// V8 11 (Node 20) optimises a function after 66 kB of bytecode, long before it knows what an analysis will run for long:
// a fifth of the processor time of a large capture went there (DECISIONS.md). Later versions of V8 do not know the flag.
// Most of what is new lives on, so threads that copy it side by side cost more than one does.
if (process.versions.v8.startsWith('11.')) {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--interrupt-budget=500000');
  setFlagsFromString('--no-parallel-scavenge');
}
require('../dist/bundle/main.js').main(process.argv.slice(2));
