import { opaqueValue } from '../../../src/core/rules/opaque-value.ts';
import { testRule } from '../../support/rule-tester.ts';
import { inPlainText, localServer, remoteProxy } from './resources.ts';

testRule(opaqueValue, {
  valid: [
    {
      name: 'words under an ambiguous name',
      resource: remoteProxy(inPlainText({ 'X-Acme-Key': 'main-region' })),
    },
    {
      name: 'what MCP101 reports already',
      resource: remoteProxy(inPlainText({ 'X-Api-Key': 'q7Zt2mVx9Kc4Lr8Wn3Yb' })),
    },
  ],
  invalid: [
    {
      name: 'a header that looks random under an ambiguous name',
      resource: remoteProxy(inPlainText({ 'X-Acme-Key': 'q7Zt2mVx9Kc4Lr8Wn3Yb' })),
      places: ['spec.headerForward.addPlaintextHeaders[X-Acme-Key]'],
    },
    {
      name: 'a variable that looks random under an ambiguous name',
      resource: localServer({ env: { ACME_KEY: 'q7Zt2mVx9Kc4Lr8Wn3Yb' } }),
      places: ['spec.deployment.env[ACME_KEY]'],
    },
  ],
});
