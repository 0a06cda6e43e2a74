//go:build kubernetes_1_37

package main

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compilers returns a function that returns a compiler without variables. No caller can remove the variables of a compiler, so
// each policy has a compiler of its own.
func compilers(release *version.Version) (func() (*cel.CompositedCompiler, error), error) {
	environments := environment.MustBaseEnvSet(release)
	return func() (*cel.CompositedCompiler, error) { return cel.NewCompositedCompiler(environments) }, nil
}

// declarations has no strict cost, which is always on.
func declarations(hasParams bool) cel.OptionalVariableDeclarations {
	return cel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}
}

func versioned(attributes admission.Attributes, kind schema.GroupVersionKind, object, old runtime.Object) *admission.VersionedAttributes {
	return &admission.VersionedAttributes{
		Attributes: attributes, VersionedKind: kind,
		VersionedObject: admission.NewLazyObject(object), VersionedOldObject: admission.NewLazyObject(old),
	}
}
