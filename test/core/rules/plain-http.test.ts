import { plainHttp } from '../../../src/core/rules/plain-http.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, inPlainText, remoteProxy } from './resources.ts';

const headers = fromSecret(['Authorization']);

testRule(plainHttp, {
  valid: [
    { name: 'credentials over https', resource: remoteProxy(headers) },
    {
      name: 'plain http without credentials',
      resource: remoteProxy({
        remoteUrl: 'http://api.example.com/mcp',
        ...inPlainText({ 'X-Team': 'acme' }),
      }),
    },
  ],
  invalid: [
    {
      name: 'credentials over plain http',
      resource: remoteProxy({ remoteUrl: 'http://api.example.com/mcp', ...headers }),
      places: ['spec.remoteUrl'],
    },
  ],
});
