import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeKubeconfig, type Authority } from './certificates.ts';
import { apiServer, type Program } from './control-plane.ts';
import { bridge, clusterDomain, nodeAddress, podRange } from './network.ts';

/** The one node: containerd, the kubelet and kube-proxy, with everything they write below one folder. */

export const nodeName = 'node';

export interface NodeParts {
  readonly binary: string;
  readonly folder: string;
  /** Names the pod network, so that what the network plugins leave behind can be told from another run's. */
  readonly network: string;
  readonly authority: Authority;
  /** Of the container that holds a pod's namespaces. */
  readonly sandboxImage: string;
  /** Whether pods are told of a DNS, which is on the node. */
  readonly dns: boolean;
}

export const containerdSocket = (folder: string): string => path.join(folder, 'containerd.sock');

export async function containerd({ folder, network, sandboxImage }: NodeParts): Promise<Program> {
  const cni = path.join(folder, 'cni');
  await mkdir(cni, { recursive: true });
  await writeFile(path.join(cni, '10-pods.conflist'), JSON.stringify(podNetwork(folder, network)));
  const file = path.join(folder, 'containerd.toml');
  await writeFile(file, containerdConfig(folder, cni, sandboxImage));
  return { name: 'containerd', command: ['containerd', '--config', file] };
}

const podNetwork = (folder: string, name: string) => ({
  cniVersion: '0.4.0',
  name,
  plugins: [
    {
      type: 'bridge',
      bridge,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: podRange, gateway: nodeAddress }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: path.join(folder, 'addresses'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const containerdConfig = (folder: string, cni: string, sandboxImage: string) => `version = 2
root = "${folder}/containerd-root"
state = "${folder}/containerd-state"
[grpc]
address = "${containerdSocket(folder)}"
[plugins."io.containerd.internal.v1.opt"]
path = "${folder}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
# Lowering an OOM score needs a capability that test machines rarely have; runc would die of it.
restrict_oom_score_adj = true
sandbox_image = "${sandboxImage}"
# Below our own folder, where they are found again when everything is unmounted.
netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${cni}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
Root = "${folder}/runc"
`;

export async function kubelet({ binary, folder, authority, dns }: NodeParts): Promise<Program> {
  const pki = path.dirname(authority.certificate);
  const files = await authority.issue('kubelet', {
    name: `system:node:${nodeName}`,
    group: 'system:nodes',
    hosts: [`DNS:${nodeName}`, `IP:${nodeAddress}`],
  });
  const kubeconfig = path.join(pki, 'kubelet.kubeconfig');
  await writeKubeconfig(kubeconfig, apiServer, authority.certificate, files);
  const config = path.join(folder, 'kubelet.json');
  const settings = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority.certificate },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: files.certificate,
    tlsPrivateKeyFile: files.key,
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    // The machine may be a container itself, with cgroups that are partly not ours to arrange.
    cgroupDriver: 'cgroupfs',
    // Since 1.35 a kubelet does not start on version 1 unless it is told to.
    failCgroupV1: false,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    // Changed Secrets reach pods within this and the kubelet's own cache time.
    syncFrequency: '10s',
    podLogsDir: path.join(folder, 'pod-logs'),
    volumePluginDir: path.join(folder, 'volume-plugins'),
    ...(dns ? { clusterDNS: [nodeAddress], clusterDomain } : {}),
  };
  await writeFile(config, JSON.stringify(settings));
  return {
    name: 'kubelet',
    command: [
      binary,
      'kubelet',
      `--config=${config}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${path.join(folder, 'kubelet')}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${nodeAddress}`,
    ],
  };
}

export async function kubeProxy({ binary, authority }: NodeParts): Promise<Program> {
  const pki = path.dirname(authority.certificate);
  const files = await authority.issue('kube-proxy', { name: 'system:kube-proxy' });
  const kubeconfig = path.join(pki, 'kube-proxy.kubeconfig');
  await writeKubeconfig(kubeconfig, apiServer, authority.certificate, files);
  return {
    name: 'kube-proxy',
    command: [
      binary,
      'kube-proxy',
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${nodeName}`,
      '--proxy-mode=iptables',
      // Pods and the node share one bridge, where an answer would come back past the address translation.
      '--masquerade-all',
      // Settings of the whole machine, which are not readable in every container.
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
    ],
  };
}

/** Where the kubelet of the cluster in a folder keeps an `emptyDir` of a pod. */
export const emptyDirOf = (folder: string, uid: string, name: string): string =>
  path.join(folder, 'kubelet/pods', uid, 'volumes/kubernetes.io~empty-dir', name);
