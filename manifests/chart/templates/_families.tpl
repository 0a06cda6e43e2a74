{{- /*
The optional families that this release covers, separated by blanks: those that values choose, and those that the cluster serves.
*/}}
{{- define "sallyport.families" -}}
{{- $names := list }}
{{- range $name, $served := .Files.Get "files/families.yaml" | fromYaml }}
{{- $covered := get $.Values.families $name }}
{{- if kindIs "invalid" $covered }}
{{- range $served }}{{ if $.Capabilities.APIVersions.Has . }}{{ $covered = true }}{{ end }}{{ end }}
{{- end }}
{{- if $covered }}{{ $names = append $names $name }}{{ end }}
{{- end }}
{{- join " " $names }}
{{- end }}

{{- /* One of the files about kinds, for every family that this release covers: list $ "reads.yaml" */}}
{{- define "sallyport.kindFiles" -}}
{{- $root := index . 0 }}
{{- $file := index . 1 }}
{{- $root.Files.Get (printf "files/%s" $file) | trim }}
{{- range include "sallyport.families" $root | splitList " " | compact }}
{{- with $root.Files.Get (printf "files/families/%s/%s" . $file) | trim }}
{{ . }}
{{- end }}
{{- end }}
{{- end }}
