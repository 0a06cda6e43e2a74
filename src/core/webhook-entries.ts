/** The webhook entries of the manifests and where each one is answered, below the unguessable path. */
export const webhookEntries: Readonly<Record<string, '/validate' | '/mutate' | '/check'>> = {
  'validate-mcp-resources.sallyport.dev': '/validate',
  'validate-server-configmaps.sallyport.dev': '/validate',
  'inject-labelled-pods.sallyport.dev': '/mutate',
  'check-labelled-pods.sallyport.dev': '/check',
};
