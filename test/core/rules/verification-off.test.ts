import { verificationOff } from '../../../src/core/rules/verification-off.ts';
import { testRule } from '../../support/rule-tester.ts';
import { remoteServer } from './resources.ts';

testRule(verificationOff, {
  valid: [
    { name: 'no TLS settings', resource: remoteServer() },
    { name: 'verification that is on', resource: remoteServer({ tls: { disableVerify: false } }) },
  ],
  invalid: [
    {
      name: 'verification that is off',
      resource: remoteServer({ tls: { disableVerify: true } }),
      places: ['spec.tls.disableVerify'],
      what: 'RemoteMCPServer linear switches TLS verification off',
      fix: "remove spec.tls.disableVerify; if the system's roots do not include the server's CA, name it in spec.tls.caCertSecretRef",
    },
  ],
});
