import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from './cache.ts';
import { baseFiles, helmBinary } from './helm.ts';

/** Makes manifests/base anew: the chart with its defaults. */
const files = await baseFiles(await helmBinary((line) => console.log(line)));
for (const [name, text] of Object.entries(files))
  await writeFile(path.join(repository, 'manifests/base', name), text);
