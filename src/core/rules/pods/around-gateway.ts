import { defineMetadata } from '../metadata.ts';

export const aroundGateway = defineMetadata({
  code: 'MCP507',
  title: "goes around a gateway's own authorization",
  mode: 'enforce',
  securitySeverity: 7.0,
});
