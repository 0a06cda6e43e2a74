import { generate } from 'selfsigned';
import { clientCertificate } from '../../../src/core/rules/client-certificate.ts';
import { testRule } from '../../support/rule-tester.ts';
import { remoteProxy, secret } from './resources.ts';

const [good, other] = await Promise.all(
  ['good', 'other'].map((name) => generate([{ name: 'commonName', value: name }], { keyType: 'ec' })),
);
if (!good || !other) throw new Error('no certificates');
const uses = remoteProxy({}, { 'sallyport.dev/client-tls-secret': 'github-client' });
const pair = (pems: { readonly cert: string; readonly private: string }) =>
  secret('github-client', { 'tls.crt': pems.cert, 'tls.key': pems.private });

testRule(clientCertificate, {
  valid: [
    { name: 'a certificate and its key', resource: uses, cluster: [pair(good)] },
    { name: 'a Secret that does not exist, which MCP201 reports', resource: uses },
  ],
  invalid: [
    {
      name: 'a certificate without its key',
      resource: uses,
      cluster: [secret('github-client', { 'tls.crt': good.cert })],
      places: ['metadata.annotations[sallyport.dev/client-tls-secret]'],
      what: 'has no tls.key',
    },
    {
      name: 'a certificate with the key of another',
      resource: uses,
      cluster: [pair({ ...good, private: other.private })],
      places: ['metadata.annotations[sallyport.dev/client-tls-secret]'],
      what: 'cannot be used',
    },
    {
      name: 'a certificate that expired',
      resource: uses,
      cluster: [pair(good)],
      now: Date.parse('9000-01-01'),
      places: ['metadata.annotations[sallyport.dev/client-tls-secret]'],
      what: 'expired on',
    },
  ],
});
