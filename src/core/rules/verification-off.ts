import { finding, type Rule } from './rule.ts';

export const verificationOff: Rule = {
  code: 'MCP402',
  needs: 'object',
  check: (server) =>
    server.tls.unverified
      ? [
          finding('MCP402', server, server.tls.unverified.at, [], {
            what: "the server's certificate is not verified",
            why: 'anybody on the way can pose as it and collect the credentials',
            fix: 'give the CA that signed it instead',
          }),
        ]
      : [],
};
