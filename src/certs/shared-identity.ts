import { randomBytes, X509Certificate, createPrivateKey } from 'node:crypto';
import { createAuthority } from './issue.ts';
import type { OwnObjects, SharedIdentity } from './ports.ts';

const keys = { certificate: 'ca.crt', key: 'ca.key', path: 'path' } as const;
/** 128 bits: nobody finds the path by trying. */
const pathBytes = 16;

/** The Secret of the replicas is there and cannot be used; its message holds no value. */
export class UnusableIdentity extends Error {}

/** The identity all replicas share: read, or made by whoever comes first. The others read what that one wrote. */
export async function sharedIdentity(objects: OwnObjects): Promise<SharedIdentity> {
  const stored = await objects.readIdentity();
  if (stored) return decode(stored);
  const { certificate, key } = await createAuthority('sallyport-ca');
  const made = { authority: { certificate, key }, prefix: `/${randomBytes(pathBytes).toString('hex')}` };
  if (await objects.createIdentity(encode(made))) return made;
  const theirs = await objects.readIdentity();
  if (!theirs) throw new UnusableIdentity('the Secret was there a moment ago and is gone');
  return decode(theirs);
}

/** Without the Secret the next replica would make another identity, and refuse what this one serves. True when it was gone. */
export async function restoreIdentity(objects: OwnObjects, identity: SharedIdentity): Promise<boolean> {
  return (await objects.readIdentity()) === undefined && objects.createIdentity(encode(identity));
}

const encode = ({ authority, prefix }: SharedIdentity): ReadonlyMap<string, string> =>
  new Map([
    [keys.certificate, authority.certificate],
    [keys.key, authority.key],
    [keys.path, prefix.slice(1)],
  ]);

function decode(values: ReadonlyMap<string, string>): SharedIdentity {
  const text = (key: string) => {
    const value = values.get(key);
    if (value === undefined) throw new UnusableIdentity(`the Secret has no key ${key}`);
    return value;
  };
  const [certificate, key, path] = [text(keys.certificate), text(keys.key), text(keys.path)];
  if (!/^[0-9a-f]{32}$/.test(path))
    throw new UnusableIdentity(`the Secret's key ${keys.path} is not one of ours`);
  if (!isPair(certificate, key))
    throw new UnusableIdentity(`the Secret's ${keys.certificate} and ${keys.key} are not a CA and its key`);
  return { authority: { certificate, key }, prefix: `/${path}` };
}

function isPair(certificate: string, key: string): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.ca && parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
