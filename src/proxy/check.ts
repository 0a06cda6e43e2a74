import { checkStartup } from './startup-check.ts';

const { code, lines } = await checkStartup(process.env);
if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
process.exit(code);
