import { tokenInvalid } from '../../../src/core/rules/token-invalid.ts';
import { testRule } from '../../support/rule-tester.ts';
import { tokenServer } from './resources.ts';

const places = ['data[server.yaml].headers[0].serviceAccountToken.audience'];
const lifetime = ['data[server.yaml].headers[0].serviceAccountToken.expirationSeconds'];
const ofLength = (length: number) => `https://${'a'.repeat(length - 'https://'.length)}`;

testRule(tokenInvalid, {
  valid: [
    { name: 'a URL without a lifetime', resource: tokenServer() },
    { name: 'a word', resource: tokenServer({ audience: 'search' }) },
    { name: 'a URI that is no URL', resource: tokenServer({ audience: 'urn:example:mcp' }) },
    { name: '256 characters', resource: tokenServer({ audience: ofLength(256) }) },
    { name: 'ten minutes', resource: tokenServer({ expirationSeconds: 600 }) },
    { name: 'a day', resource: tokenServer({ expirationSeconds: 86_400 }) },
  ],
  invalid: [
    { name: '257 characters', resource: tokenServer({ audience: ofLength(257) }), places },
    { name: 'a space', resource: tokenServer({ audience: 'two words' }), places },
    { name: 'a line break', resource: tokenServer({ audience: 'one\ntwo' }), places },
    { name: 'a letter that is not ASCII', resource: tokenServer({ audience: 'bücher' }), places },
    { name: 'a colon in what is no URI', resource: tokenServer({ audience: 'https://' }), places },
    {
      name: 'less than ten minutes',
      resource: tokenServer({ expirationSeconds: 599 }),
      places: lifetime,
      what: 'expirationSeconds of the service account token in header Authorization is less than 600',
    },
    {
      name: 'more than a day',
      resource: tokenServer({ expirationSeconds: 86_401 }),
      places: lifetime,
      what: 'is more than 86400',
    },
    {
      name: 'an audience and a lifetime',
      resource: tokenServer({ audience: 'two words', expirationSeconds: 0 }),
      places: [...places, ...lifetime],
    },
  ],
});
