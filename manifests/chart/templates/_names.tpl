{{- define "sallyport.labels" -}}
app.kubernetes.io/name: sallyport
{{- end }}

{{- /* Where the configuration says nothing else, the proxy is the image of this release. */}}
{{- define "sallyport.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $_ := set $config "inject" (merge (default dict $config.inject) (dict "image" .Values.images.proxy)) }}
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

{{- /* Of both Deployments: the restricted profile, and what the nodes need to pull. */}}
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
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sallyport.container" -}}
image: {{ .Values.images.server }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- /* Who manages the certificates, as `sallyport certificates --authority` calls it; own is its default. */}}
{{- define "sallyport.authority" -}}
{{- with .Values.certificateFiles }}
{{- if ne (empty .served) (empty .authority) }}
{{- fail "certificateFiles.served and certificateFiles.authority go together" }}
{{- end }}
{{- if and .served $.Values.certManager.enabled }}
{{- fail "certificateFiles and certManager.enabled are two ways: choose one" }}
{{- end }}
{{- if .served }}file{{ else if $.Values.certManager.enabled }}secret{{ end }}
{{- end }}
{{- end }}
