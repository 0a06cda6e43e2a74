{{- /*
What of the configuration the floor's policies need, as lists of CEL: `sallyport floor --config` says the same, and a test
compares the two.
*/}}

{{- define "sallyport.cel" -}}
'{{ . | replace "\\" "\\\\" | replace "'" "\\'" }}'
{{- end }}

{{- /* A star stands for anything, every other character for itself. */}}
{{- define "sallyport.glob" -}}
^{{ . | regexQuoteMeta | replace "\\*" ".*" }}$
{{- end }}

{{- define "sallyport.floorSettings" -}}
{{- $codes := list "MCP101" "MCP102" "MCP103" }}
{{- $modes := list }}
{{- $given := default dict .Values.config.modes }}
{{- range $one := default list .Values.config.exemptions }}
{{- range $code := $codes }}{{ if has $code $one.codes }}
{{- $modes = append $modes (printf "%s off object %s" $code (include "sallyport.glob" (printf "%s/%s/%s" $one.kind $one.namespace $one.name))) }}
{{- end }}{{ end }}
{{- end }}
{{- range $one := default list $given.writers }}
{{- range $code := $codes }}{{ with get (default dict $one.rules) $code }}
{{- $modes = append $modes (printf "%s %s writer %s" $code . (include "sallyport.glob" $one.username)) }}
{{- end }}{{ end }}
{{- end }}
{{- range $one := default list $given.namespaces }}
{{- range $name := $one.names }}
{{- range $code := $codes }}{{ with get (default dict $one.rules) $code }}
{{- $modes = append $modes (printf "%s %s namespace %s" $code . (include "sallyport.glob" $name)) }}
{{- end }}{{ end }}
{{- end }}
{{- end }}
{{- range $mode := default list $given.namespaceLabelMay }}
{{- range $code := $codes }}{{ $modes = append $modes (printf "%s %s label %s" $code $mode (include "sallyport.glob" $mode)) }}{{ end }}
{{- end }}
{{- range $kind, $mode := default dict $given.kinds }}
{{- range $code := $codes }}{{ $modes = append $modes (printf "%s %s kind %s" $code $mode (include "sallyport.glob" $kind)) }}{{ end }}
{{- end }}
{{- range $code := $codes }}{{ with get (default dict $given.rules) $code }}
{{- $modes = append $modes (printf "%s %s kind .*" $code .) }}
{{- end }}{{ end }}
{{- $headers := default dict (default dict .Values.config.credentials).headers }}
{{- range $name, $texts := dict "modes" $modes "sensitive" (default list $headers.sensitive) "harmless" (default list $headers.harmless) }}
{{- $items := list }}
{{- range $texts }}{{ $items = append $items (include "sallyport.cel" (ternary . (lower .) (eq $name "modes"))) }}{{ end }}
{{ $name }}: {{ printf "[%s]" (join ", " $items) | toJson }}
{{- end }}
{{- end }}
