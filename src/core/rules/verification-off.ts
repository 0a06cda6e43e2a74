import { defineRule, report } from './rule.ts';

export const verificationOff = defineRule({
  code: 'MCP402',
  title: 'TLS verification switched off',
  mode: 'warn',
  securitySeverity: 7.4,
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check: (server) =>
    server.tls.unverified
      ? [
          report(server.tls.unverified.at, [], {
            what: "the server's certificate is not verified",
            why: 'anybody on the way can pose as it and collect the credentials',
            fix: 'give the CA that signed it instead',
          }),
        ]
      : [],
});
