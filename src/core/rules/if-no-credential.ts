export const ifNoCredential = 'if it is no credential, ask your platform team for an exemption';
