// Loaded with --require: the last line of standard error is the largest resident size of the process, in bytes.
process.on('exit', () => process.stderr.write(`\n${process.resourceUsage().maxRSS * 1024}`));
