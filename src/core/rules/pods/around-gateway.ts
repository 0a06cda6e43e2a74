import { defineMetadata } from '../metadata.ts';

export const aroundGateway = defineMetadata({
  code: 'MCP507',
  title: 'pod bypasses the authorization of a gateway',
  mode: 'enforce',
  securitySeverity: 7.0,
});
