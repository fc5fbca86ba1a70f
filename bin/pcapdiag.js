#!/usr/bin/env node
require('../dist/bundle/main.js').main(process.argv.slice(2));
