import { startCluster } from '../cluster/cluster.ts';
import { provides } from '../cluster/provides.ts';
import { installSallyport } from '../cluster/sallyport.ts';
import { certManagerImages } from './cert-manager.ts';
import { previousImages } from './previous.ts';

/** A cluster of its own, with Sallyport, and with the images of what it is tried beside. */
export const { setup, teardown } = provides('release', {
  start: async (say) =>
    startCluster(say, { images: [...(await certManagerImages(say)), ...(await previousImages(say))] }),
  install: installSallyport,
});
