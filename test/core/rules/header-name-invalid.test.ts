import { headerNameInvalid } from '../../../src/core/rules/header-name-invalid.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, remoteProxy } from './resources.ts';

testRule(headerNameInvalid, {
  valid: [{ name: 'a name of letters, digits and dashes', resource: remoteProxy(fromSecret(['X-Team-1'])) }],
  invalid: [
    {
      name: 'a name with a space',
      resource: remoteProxy(fromSecret(['Authorization', 'X Team'])),
      places: ['spec.headerForward.addHeadersFromSecret[1].headerName'],
      what: '"X Team" is not a header name',
    },
    {
      name: 'an empty name',
      resource: remoteProxy(fromSecret([''])),
      places: ['spec.headerForward.addHeadersFromSecret[0].headerName'],
    },
  ],
});
