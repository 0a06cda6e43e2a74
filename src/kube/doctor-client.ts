import { PassThrough, Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { PortForward, type KubeConfig } from '@kubernetes/client-node';
import { isFields, type Fields } from '../core/k8s/objects.ts';
import { NotListed } from '../core/cluster.ts';
import type { DoctorClient, Reply } from '../doctor/examination.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { rememberFacts } from '../engine/fact-cache.ts';
import { missedPods } from '../engine/missed-pods.ts';
import { definitionPages, kubeInventory } from './inventory.ts';
import { kubeCluster } from './kube-cluster.ts';
import { pagesOf } from './pages.ts';
import { rawRequests, type RawAnswer } from './raw.ts';

/** A replica that does not shake hands for so long will not. */
const handshakeMs = 10_000;

/** A live cluster, as far as the doctor looks at it, with the rights of whoever asks. */
export function doctorClient(config: KubeConfig, namespace: string, signal: AbortSignal): DoctorClient {
  const raw = rawRequests(config);
  return {
    namespace,
    get: async (path) => replyOf(await raw.ask({ path }, signal)),
    post: async (path, body) => replyOf(await raw.ask({ path, method: 'POST', body }, signal)),
    async list(path, labelSelector) {
      const all: Fields[] = [];
      const pages = pagesOf(raw, { path, labelSelector }, signal);
      for (;;) {
        const page = await pages.next();
        if (!page.done) all.push(...page.value.items);
        else if (page.value) return all;
        else throw new NotListed('there is no such kind');
      }
    },
    handshake: (pod, port, name, bundle) => handshake(config, { namespace, pod, port, name, bundle }),
    missedPods: (configuration) =>
      missedPods(
        createEngine(
          settingsOf(configuration),
          rememberFacts(kubeCluster(config), () => performance.now()),
        ),
        kubeInventory(config, undefined),
        { signal },
      ),
    definitions: () => definitionPages(config, signal),
    now: () => Date.now(),
  };
}

const replyOf = ({ code, headers, body }: RawAnswer): Reply => ({
  code,
  body: isFields(body) ? body : {},
  warnings: headers.warning ?? '',
});

interface Handshake {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly name: string;
  readonly bundle: string;
}

/** Through the API server, as `kubectl port-forward` goes. */
async function handshake(
  config: KubeConfig,
  { namespace, pod, port, name, bundle }: Handshake,
): Promise<string | undefined> {
  const [fromPod, toPod] = [new PassThrough(), new PassThrough()];
  const forwarded = await new PortForward(config).portForward(namespace, pod, [port], fromPod, null, toPod);
  const wire = Duplex.from({ readable: fromPod, writable: toPod });
  wire.on('error', () => undefined);
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no handshake')), handshakeMs);
      const socket = connect({ socket: wire, ca: bundle, servername: name, minVersion: 'TLSv1.2' });
      const done = (act: () => void) => {
        clearTimeout(timer);
        socket.destroy();
        act();
      };
      socket.on('secureConnect', () => done(() => resolve(undefined)));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        // A code of node's is about the certificate; anything else never came to it.
        done(() => (isAboutCertificate(error) ? resolve(error.code) : reject(error))),
      );
    });
  } finally {
    if (typeof forwarded !== 'function') forwarded.close();
  }
}

const isAboutCertificate = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|VERIFY|SIGNATURE|ALTNAME/.test(code);
