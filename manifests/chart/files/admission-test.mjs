// The program of `helm test`. It sends a request that the webhook denies in every configuration, a labelled pod that names
// no server, as a dry run, and exits with 0 if the webhook denied it.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, TARGET_NAMESPACE: namespace } = process.env;
const { ATTEMPTS: attempts = '10' } = process.env;
const { TOKEN_FILE: tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token' } = process.env;
const address = host.includes(':') ? `[${host}]` : host;
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'sallyport-test-request', labels: { 'sallyport.dev/inject': 'true' } },
  // The restricted Pod Security Standard, so that nothing but the webhook has a reason to reject the pod.
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'app',
        image: 'app',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};
const denied = /admission webhook "[a-z-]+\.sallyport\.dev" denied the request/;

async function attempt() {
  const response = await fetch(`https://${address}:${port}/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(tokenFile, 'utf8')}`, 'content-type': 'application/json' },
    body: JSON.stringify(pod),
    signal: AbortSignal.timeout(15_000),
  });
  const { message } = await response.json();
  return { admitted: response.ok, message };
}

// The rights of this pod are new, and the API server learns of rights and webhooks within a few seconds.
let last = '';
for (let tries = 0; tries < Number(attempts); tries += 1) {
  if (tries > 0) await sleep(2000);
  try {
    const { admitted, message } = await attempt();
    if (!admitted && denied.test(message)) {
      console.log(`The webhook denied the request, as it must: ${message}`);
      process.exit(0);
    }
    last = admitted
      ? `the API server admitted a labelled pod without servers in namespace ${namespace}, so it did not call the webhook`
      : `the API server rejected the request for another reason: ${message}`;
  } catch (error) {
    last = `the API server did not respond: ${error.cause?.code ?? error.message}`;
  }
}
console.log(`${last}. To find the cause, run: sallyport doctor`);
process.exit(1);
