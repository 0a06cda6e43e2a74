import { plainHttp } from '../../../src/core/rules/plain-http.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, inPlainText, remoteProxy, tokenServer } from './resources.ts';

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
      what: 'credentials from a Secret would travel over plain http',
    },
    {
      name: 'a service account token over plain http',
      resource: tokenServer({}, { url: 'http://api.example.com/mcp' }),
      places: ['data[server.yaml].url'],
      what: 'a service account token would travel over plain http',
    },
  ],
});
