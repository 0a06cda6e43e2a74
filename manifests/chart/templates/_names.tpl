{{- /* The labels of pods, of (list $ NAME COMPONENT). The name is what the selectors of Deployments match, which cannot
change. helm.sh/chart is left out, so that a change of the chart alone does not roll out pods. */}}
{{- define "sallyport.podLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/component: {{ index . 2 }}
app.kubernetes.io/part-of: sallyport
{{- end }}

{{- /* The labels of every other object, of (list $ NAME COMPONENT). */}}
{{- define "sallyport.labels" -}}
{{- $root := index . 0 -}}
{{ include "sallyport.podLabels" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* The metadata of a pod template, of (list $ NAME COMPONENT): podLabels cannot replace a label of the chart. */}}
{{- define "sallyport.podMetadata" -}}
{{- $values := (index . 0).Values -}}
labels:
  {{- merge (include "sallyport.podLabels" . | fromYaml) (deepCopy $values.podLabels) | toYaml | nindent 2 }}
{{- with $values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* An image, of (list $ NAME VALUE): the value, or the image of this version in images.registry. */}}
{{- define "sallyport.image" -}}
{{- $root := index . 0 -}}
{{- $registry := $root.Values.images.registry | trimSuffix "/" -}}
{{- $own := printf "%s:%s" (index . 1) $root.Chart.AppVersion -}}
{{- index . 2 | default (ternary (printf "%s/%s" $registry $own) $own (ne $registry "")) }}
{{- end }}

{{- define "sallyport.serverImage" -}}{{ include "sallyport.image" (list . "sallyport" .Values.images.server) }}{{- end }}
{{- define "sallyport.proxyImage" -}}{{ include "sallyport.image" (list . "sallyport-proxy" .Values.images.proxy) }}{{- end }}

{{- /* The namespaces that no webhook is called for: the cluster's own, that of Sallyport, and those of the values. */}}
{{- define "sallyport.excludedNamespaces" -}}
[{{ concat (list "kube-system" "kube-node-lease" .Release.Namespace) .Values.webhook.excludedNamespaces | uniq | join ", " }}]
{{- end }}

{{- /* Where the configuration names no image, the proxy is the image of this release. */}}
{{- define "sallyport.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $_ := set $config "inject" (merge (default dict $config.inject) (dict "image" (include "sallyport.proxyImage" .))) }}
{{- $_ := set $config "apiVersion" "sallyport.dev/v1" }}
{{- $_ := set $config "kind" "Configuration" }}
{{- toYaml $config }}
{{- end }}

{{- /* What is let through while nobody answers: `pods`, `resources`, or both. */}}
{{- define "sallyport.failOpen" -}}
{{- $open := list }}
{{- range $what, $policy := .Values.failurePolicy }}{{ if eq $policy "Ignore" }}{{ $open = append $open $what }}{{ end }}{{ end }}
{{- join ", " $open }}
{{- end }}

{{- /* Of all Deployments: where their pods run, what the nodes need to pull, and the restricted profile. */}}
{{- define "sallyport.pod" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sallyport.container" -}}
image: {{ include "sallyport.serverImage" . }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- /* The environment that the values give to every container; empty by default. */}}
{{- define "sallyport.env" -}}
{{- if ne .Values.logLevel "info" }}
- { name: SALLYPORT_LOG_LEVEL, value: {{ .Values.logLevel }} }
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Who manages the certificates, as `sallyport certificates --authority` calls it; own is its default. */}}
{{- define "sallyport.authority" -}}
{{- with .Values.certificateFiles }}
{{- if ne (empty .served) (empty .authority) }}
{{- fail "certificateFiles.served and certificateFiles.authority need each other: set both, or neither" }}
{{- end }}
{{- if and .served $.Values.certManager.enabled }}
{{- fail "certificateFiles.served and certManager.enabled both provide the certificate: remove certificateFiles, or set certManager.enabled to false" }}
{{- end }}
{{- if .served }}file{{ else if $.Values.certManager.enabled }}secret{{ end }}
{{- end }}
{{- end }}
