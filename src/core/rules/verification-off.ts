import { defineRule, ownerText, report, serverText } from './rule.ts';

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
            what: `${ownerText(server)} switches TLS verification off, so the certificate of ${serverText(server)} is not verified`,
            why: 'a host on the network path can impersonate the server and receive the credentials',
            fix: `remove ${server.tls.unverified.at.toString()}; if the system's roots do not include the server's CA, name it in ${server.tls.caField ?? 'the field for a CA'}`,
          }),
        ]
      : [],
});
