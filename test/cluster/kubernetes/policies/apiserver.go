//go:build !kubernetes_1_37

package main

// What k8s.io/apiserver has otherwise since 1.37, where apiserver_1_37.go takes the place of this file.

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compilers returns a function that returns a compiler without variables. The environments of a compiler take longer to build
// than a policy takes to compile, so there is one compiler, and the variables of the policy before are removed.
func compilers(release *version.Version) (func() (*cel.CompositedCompiler, error), error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(release, true))
	return func() (*cel.CompositedCompiler, error) {
		clear(compiler.CompositionEnv.MapType.Fields)
		clear(compiler.CompositionEnv.CompiledVariables)
		return compiler, nil
	}, err
}

func declarations(hasParams bool) cel.OptionalVariableDeclarations {
	return cel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true, StrictCost: true}
}

func versioned(attributes admission.Attributes, kind schema.GroupVersionKind, object, old runtime.Object) *admission.VersionedAttributes {
	return &admission.VersionedAttributes{
		Attributes: attributes, VersionedKind: kind, VersionedObject: object, VersionedOldObject: old,
	}
}
