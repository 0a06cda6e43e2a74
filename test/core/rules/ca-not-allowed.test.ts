import { caNotAllowed } from '../../../src/core/rules/ca-not-allowed.ts';
import { testRule } from '../../support/rule-tester.ts';
import { configMap, fromSecret, limitedTo, remoteProxy, secret } from './resources.ts';

const headers = fromSecret(['Authorization']);
const withCa = remoteProxy(headers, { 'sallyport.dev/ca-configmap': 'internal-ca' });
const ca = configMap('internal-ca', { 'ca.crt': 'PEM' });
const limited = (more?: Readonly<Record<string, string>>) => limitedTo('https://api.example.com', more);

testRule(caNotAllowed, {
  valid: [
    { name: 'a limited Secret without a CA', resource: remoteProxy(headers), cluster: [limited()] },
    { name: 'a CA beside a Secret without a limit', resource: withCa, cluster: [secret(), ca] },
    {
      name: 'a CA that the owner allows',
      resource: withCa,
      cluster: [limited({ 'sallyport.dev/upstream-cas': 'configmap/internal-ca' }), ca],
    },
  ],
  invalid: [
    {
      name: 'a CA that the owner does not allow',
      resource: withCa,
      cluster: [limited(), ca],
      places: ['metadata.annotations[sallyport.dev/ca-configmap]'],
      what: 'ConfigMap tools/internal-ca adds a CA that its owner does not allow',
    },
  ],
});
