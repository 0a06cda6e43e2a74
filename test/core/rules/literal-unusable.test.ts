import { literalUnusable } from '../../../src/core/rules/literal-unusable.ts';
import { testRule } from '../../support/rule-tester.ts';
import { inPlainText, remoteProxy } from './resources.ts';

testRule(literalUnusable, {
  valid: [
    { name: 'a value that can be sent', resource: remoteProxy(inPlainText({ 'X-Team': 'acme' })) },
    { name: 'a line end after the value', resource: remoteProxy(inPlainText({ 'X-Team': 'acme\n' })) },
  ],
  invalid: [
    {
      name: 'an empty value',
      resource: remoteProxy(inPlainText({ 'X-Team': '' })),
      places: ['spec.headerForward.addPlaintextHeaders[X-Team]'],
      what: 'is empty',
    },
    {
      name: 'characters outside ASCII',
      resource: remoteProxy(inPlainText({ 'X-Team': 'schön' })),
      places: ['spec.headerForward.addPlaintextHeaders[X-Team]'],
      what: 'contains characters outside ASCII',
    },
  ],
});
