import { cpus } from 'node:os';
import { benchAdmission } from './admission.ts';
import { benchLarge } from './large.ts';
import { benchLint } from './lint.ts';
import { benchConnections } from './connections.ts';
import { benchReview } from './review.ts';
import { benchProxy } from './proxy/proxy.ts';
import { benchInjections, benchServers } from './sizes.ts';

/** `npm run bench [admission|review|servers|injections|proxy|connections|large|lint]`: what docs/benchmarks.md shows, measured here and now. */
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const suites = {
  admission: benchAdmission,
  review: benchReview,
  servers: benchServers,
  injections: benchInjections,
  proxy: benchProxy,
  connections: benchConnections,
  large: benchLarge,
  lint: benchLint,
};
const [only] = process.argv.slice(2);
if (only !== undefined && !(only in suites)) {
  process.stderr.write(`bench: no suite ${only}; there are ${Object.keys(suites).join(', ')}\n`);
  process.exit(2);
}
print(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}\n`);
for (const [name, run] of Object.entries(suites)) if (only === undefined || only === name) await run(print);
