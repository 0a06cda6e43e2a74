import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archiveImages, buildImages, images } from './images.ts';
import { requireMachine } from './requirements.ts';

/** Every image the cluster tests need in one OCI archive, for a cluster that is there already. */

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: npm run images -- FILE');
  process.exit(2);
}
const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-images-'));
try {
  await requireMachine(console.log, ['buildah', 'busybox']);
  await archiveImages(await buildImages(folder), path.resolve(file));
  console.log(`${file} holds ${Object.values(images).join(', ')}`);
  console.log(`kind load image-archive ${file}`);
  console.log(`minikube image load ${file}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
