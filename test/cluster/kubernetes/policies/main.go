// Package main compiles the expressions of ValidatingAdmissionPolicies as the API server does when it stores them, and
// evaluates the policies against objects.
//
// Each line of the standard input is {"policy": ..., "reviews": [{"object": ..., "oldObject": ...}]}. The line of the output
// is {"errors": [{"where", "expression", "message"}], "reviews": [{"denied", "message", "error", "cost"}]}.
// The first argument is the version of Kubernetes whose CEL libraries a policy may use, such as 1.30.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	admissionregistration "k8s.io/api/admissionregistration/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	limits "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/environment"
)

type request struct {
	Policy  admissionregistration.ValidatingAdmissionPolicy `json:"policy"`
	Reviews []review                                        `json:"reviews"`
}

type review struct {
	Object    map[string]any `json:"object"`
	OldObject map[string]any `json:"oldObject"`
}

type response struct {
	Errors  []compileError `json:"errors"`
	Reviews []verdict      `json:"reviews"`
}

type compileError struct {
	Where      string `json:"where"`
	Expression string `json:"expression"`
	Message    string `json:"message"`
}

type verdict struct {
	Denied  bool   `json:"denied"`
	Message string `json:"message,omitempty"`
	// What cannot be evaluated; what that means says the policy's failurePolicy.
	Error string `json:"error,omitempty"`
	Cost  int64  `json:"cost"`
}

// One expression of a policy, with its place in the policy and the type that the API server expects of it.
type expression struct {
	where, name, text string
	returns           []*celgo.Type
}

func (e *expression) GetName() string            { return e.name }
func (e *expression) GetExpression() string      { return e.text }
func (e *expression) ReturnTypes() []*celgo.Type { return e.returns }

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: policies VERSION")
	}
	compilerOf, err := compilers(version.MustParse(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder, encoder := json.NewDecoder(lines), json.NewEncoder(out)
	for decoder.More() {
		var one request
		if err := decoder.Decode(&one); err != nil {
			log.Fatal(err)
		}
		compiler, err := compilerOf()
		if err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(answer(compiler, one)); err != nil {
			log.Fatal(err)
		}
	}
}

func answer(compiler *cel.CompositedCompiler, one request) response {
	policy := compile(compiler, one.Policy.Spec)
	result := response{Errors: policy.errors, Reviews: []verdict{}}
	if len(policy.errors) > 0 {
		return result
	}
	for _, review := range one.Reviews {
		result.Reviews = append(result.Reviews, policy.evaluate(one.Policy.Spec, review))
	}
	return result
}

type compiled struct {
	errors                            []compileError
	conditions, validations, messages cel.ConditionEvaluator
}

// The steps of validatePolicy and compilePolicy in the API server: variables in their order, each with what comes before it.
func compile(compiler *cel.CompositedCompiler, spec admissionregistration.ValidatingAdmissionPolicySpec) compiled {
	result := compiled{errors: []compileError{}}
	declared := declarations(spec.ParamKind != nil)
	withoutAuthorizer := declared
	withoutAuthorizer.HasAuthorizer = false
	check := func(one *expression, compilation cel.CompilationResult) {
		if compilation.Error != nil {
			result.errors = append(result.errors, compileError{one.where, one.text, compilation.Error.Error()})
		}
	}
	for i, variable := range spec.Variables {
		one := &expression{
			where: fmt.Sprintf("variables[%d] (%s)", i, variable.Name), name: variable.Name, text: variable.Expression,
			returns: []*celgo.Type{celgo.AnyType, celgo.DynType},
		}
		check(one, compiler.CompileAndStoreVariable(one, declared, environment.NewExpressions))
	}
	condition := func(list []*expression, options cel.OptionalVariableDeclarations) cel.ConditionEvaluator {
		accessors := make([]cel.ExpressionAccessor, len(list))
		for i, one := range list {
			accessors[i] = one
			check(one, compiler.CompileCELExpression(one, options, environment.NewExpressions))
		}
		return compiler.CompileCondition(accessors, options, environment.NewExpressions)
	}
	var conditions, validations, messages []*expression
	for i, one := range spec.MatchConditions {
		conditions = append(conditions, &expression{
			where: fmt.Sprintf("matchConditions[%d] (%s)", i, one.Name), text: one.Expression, returns: []*celgo.Type{celgo.BoolType},
		})
	}
	for i, one := range spec.Validations {
		validations = append(validations, &expression{
			where: fmt.Sprintf("validations[%d].expression", i), text: one.Expression, returns: []*celgo.Type{celgo.BoolType},
		})
		message := one.MessageExpression
		if message == "" {
			message = "''"
		}
		messages = append(messages, &expression{
			where: fmt.Sprintf("validations[%d].messageExpression", i), text: message, returns: []*celgo.Type{celgo.StringType},
		})
	}
	result.conditions = condition(conditions, declared)
	result.validations = condition(validations, declared)
	result.messages = condition(messages, withoutAuthorizer)
	return result
}

var noOpinion = authorizer.AuthorizerFunc(
	func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
		return authorizer.DecisionNoOpinion, "", nil
	})

func (c compiled) evaluate(spec admissionregistration.ValidatingAdmissionPolicySpec, one review) (result verdict) {
	object := &unstructured.Unstructured{Object: one.Object}
	kind := object.GroupVersionKind()
	resource := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version}
	if rules := spec.MatchConstraints.ResourceRules; len(rules) > 0 && len(rules[0].Resources) > 0 {
		resource.Resource = rules[0].Resources[0]
	}
	operation, old := admission.Create, runtime.Object(nil)
	if one.OldObject != nil {
		operation, old = admission.Update, &unstructured.Unstructured{Object: one.OldObject}
	}
	namespace := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: object.GetNamespace()}}
	attributes := versioned(admission.NewAttributesRecord(object, old, kind, object.GetNamespace(), object.GetName(), resource,
		"", operation, nil, false, &user.DefaultInfo{Name: "writer"}), kind, object, old)
	asked := cel.CreateAdmissionRequest(attributes.Attributes, meta.GroupVersionResource(resource), meta.GroupVersionKind(kind))
	left := int64(limits.RuntimeCELCostBudget)
	defer func() { result.Cost = limits.RuntimeCELCostBudget - left }()
	run := func(evaluator cel.ConditionEvaluator, bindings cel.OptionalVariableBindings) []cel.EvaluationResult {
		results, remaining, err := evaluator.ForInput(context.Background(), attributes, asked, bindings, cel.CreateNamespaceObject(namespace), left)
		left = remaining
		if err != nil {
			result.Error = err.Error()
		}
		for _, one := range results {
			if one.Error != nil && result.Error == "" {
				result.Error = one.Error.Error()
			}
		}
		return results
	}
	bindings := cel.OptionalVariableBindings{Authorizer: noOpinion}
	for _, one := range run(c.conditions, bindings) {
		if one.EvalResult != types.True {
			return result
		}
	}
	validations := run(c.validations, bindings)
	if result.Error != "" {
		return result
	}
	for i, one := range validations {
		if one.EvalResult == types.True {
			continue
		}
		result.Denied = true
		if message := run(c.messages, cel.OptionalVariableBindings{})[i].EvalResult; message != nil {
			result.Message = fmt.Sprint(message.Value())
		}
		return result
	}
	return result
}
