import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from './cache.ts';
import { generatedManifests, helmBinary } from './helm.ts';

/** Makes anew what is rendered of the chart for kubectl and Kustomize. */
const files = await generatedManifests(await helmBinary((line) => console.log(line)));
for (const [name, text] of Object.entries(files))
  await writeFile(path.join(repository, 'manifests', name), text);
