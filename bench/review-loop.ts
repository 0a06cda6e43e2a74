import { readFileSync } from 'node:fs';
import type { Deadline } from '../src/core/cluster.ts';
import { readConfiguration } from '../src/core/configuration.ts';
import { decodeReview } from '../src/core/review/admission.ts';
import { handleLabelledPod, handleResource } from '../src/engine/admission-handlers.ts';
import { createEngine, settingsOf } from '../src/engine/engine.ts';
import { fileCluster } from '../src/files/file-cluster.ts';
import { sourceDocuments } from '../test/support/source-documents.ts';
import { median } from './table.ts';

/**
 * Judges the review of a file again and again in this process, beside parsing it, in turns: no socket, no TLS, no API server.
 * Prints microseconds of processor time as JSON. Arguments: the review, the objects of the cluster.
 */
const [reviewFile = '', objectsFile = ''] = process.argv.slice(2);
const [turns, turnMs, warmUpMs] = [9, 400, 1500];

const text = readFileSync(reviewFile, 'utf8');
const documents = sourceDocuments(JSON.parse(readFileSync(objectsFile, 'utf8')) as unknown[]);
const read = readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration' });
if (!('configuration' in read)) throw new Error('the default configuration must be valid');
const cluster = fileCluster(() => Promise.resolve(documents), {
  namespace: 'default',
  missing: { state: 'absent' },
});
const engine = createEngine(settingsOf(read.configuration), cluster);
const deadline: Deadline = { signal: new AbortController().signal };

async function judge(): Promise<string> {
  const decoded = decodeReview(JSON.parse(text));
  if (decoded.kind === 'invalid') throw new Error(decoded.problem);
  const { request } = decoded;
  const handle = request.resource === 'pods' ? handleLabelledPod : handleResource;
  const { answer } = await handle(engine, request, deadline);
  if (!answer.response.allowed) throw new Error('the review must be allowed');
  return JSON.stringify(answer);
}

/** Microseconds of processor time for one call. */
async function timed(run: () => unknown, ms: number): Promise<number> {
  const before = process.cpuUsage();
  const end = performance.now() + ms;
  let calls = 0;
  for (; performance.now() < end; calls += 1) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const parse = () => JSON.parse(text) as unknown;
await timed(judge, warmUpMs);
const pairs: { review: number; parse: number }[] = [];
for (let i = 0; i < turns; i += 1)
  pairs.push({ review: await timed(judge, turnMs), parse: await timed(parse, turnMs) });
console.log(
  JSON.stringify({
    review: median(pairs.map((pair) => pair.review)),
    parse: median(pairs.map((pair) => pair.parse)),
    ratio: median(pairs.map((pair) => pair.review / pair.parse)),
  }),
);
