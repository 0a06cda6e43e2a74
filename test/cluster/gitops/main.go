// Package main applies manifests and looks for differences with the code of Argo CD and of Flux, called as their
// controllers call it. It is told who (argo-cd, flux) and how, reads the manifests from standard input and the cluster
// from KUBECONFIG. It prints a line for each resource that is not as it should be, and what differs.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/sync"
	synccommon "github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/tracing"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/utils"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2/textlogger"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	argocommon "github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/argo"
	argodiff "github.com/argoproj/argo-cd/v3/util/argo/diff"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
)

const application, namespace = "sallyport", "sallyport-system"

func main() {
	ctx := context.Background()
	objects, err := utils.ReadObjects(os.Stdin)
	must(err)
	config := ctrl.GetConfigOrDie()
	config.QPS, config.Burst = 50, 100
	cluster, err := client.New(config, client.Options{})
	must(err)
	switch who, how := os.Args[1], os.Args[2]; who + " " + how {
	case "argo-cd sync":
		argoCD(ctx, config, cluster, objects).sync(false)
	case "argo-cd sync-on-server":
		argoCD(ctx, config, cluster, objects).sync(true)
	// Each with the options of an Application.
	case "argo-cd diff":
		argoCD(ctx, config, cluster, objects).diff(func(*argodiff.DiffConfigBuilder) {})
	case "argo-cd diff-structured":
		argoCD(ctx, config, cluster, objects).diff(func(b *argodiff.DiffConfigBuilder) { b.WithStructuredMergeDiff(true) })
	case "argo-cd diff-on-server":
		argo := argoCD(ctx, config, cluster, objects)
		schema, _, err := argo.kubectl.LoadOpenAPISchema(config)
		must(err)
		applier, cleanUp, err := kube.ManageServerSideDiffDryRuns(config, schema, argo.kubectl.Tracer, argo.kubectl.Log, silent)
		must(err)
		defer cleanUp()
		argo.diff(func(b *argodiff.DiffConfigBuilder) {
			b.WithServerSideDiff(true).WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier))
		})
	case "flux reconcile":
		flux(cluster, objects).reconcile(ctx, objects)
	case "flux diff":
		flux(cluster, objects).diff(ctx, objects)
	default:
		log.Fatalf("nobody knows %s %s", who, how)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func silent(string) (kube.CleanupFunc, error) { return func() {}, nil }

// An Application as Argo CD's controller sees it: what should be there beside what is.
type argoApplication struct {
	config  *rest.Config
	kubectl *kube.KubectlCmd
	state   sync.ReconciliationResult
}

func argoCD(ctx context.Context, config *rest.Config, cluster client.Client, targets []*unstructured.Unstructured) *argoApplication {
	tracking := argo.NewResourceTracking()
	live := map[kube.ResourceKey]*unstructured.Unstructured{}
	for _, target := range targets {
		must(tracking.SetAppInstance(target, argocommon.LabelKeyAppInstance, application, namespace, v1alpha1.TrackingMethodAnnotation, ""))
		found := &unstructured.Unstructured{}
		found.SetGroupVersionKind(target.GroupVersionKind())
		switch err := cluster.Get(ctx, client.ObjectKeyFromObject(target), found); {
		case err == nil:
			live[kube.GetResourceKey(found)] = found
		case !errors.IsNotFound(err):
			must(err)
		}
	}
	kubectl := &kube.KubectlCmd{Log: textlogger.NewLogger(textlogger.NewConfig()), Tracer: tracing.NopTracer{}}
	return &argoApplication{config, kubectl, sync.Reconcile(targets, live, namespace, scopes{cluster.RESTMapper()})}
}

type scopes struct{ mapper meta.RESTMapper }

func (s scopes) IsNamespaced(kind schema.GroupKind) (bool, error) {
	mapping, err := s.mapper.RESTMapping(kind)
	if err != nil {
		return false, err
	}
	return mapping.Scope.Name() == meta.RESTScopeNameNamespace, nil
}

// A whole sync: dry run of everything, then phase by phase and wave by wave.
func (a *argoApplication) sync(onServer bool) {
	openAPI, _, err := a.kubectl.LoadOpenAPISchema(a.config)
	must(err)
	syncing, cleanUp, err := sync.NewSyncContext("1", a.state, a.config, a.config, a.kubectl, namespace, openAPI,
		sync.WithOperationSettings(false, false, false, false),
		sync.WithManifestValidation(true),
		sync.WithServerSideApply(onServer),
		sync.WithServerSideApplyManager(argocommon.ArgoCDSSAManager),
		sync.WithLogr(a.kubectl.Log))
	must(err)
	defer cleanUp()
	for {
		syncing.Sync()
		phase, message, results := syncing.GetState()
		if phase.Completed() {
			for _, one := range results {
				if one.Status != synccommon.ResultCodeSynced {
					fmt.Printf("%s: %s\n", one.ResourceKey, one.Message)
				}
			}
			if !phase.Successful() {
				log.Fatal(message)
			}
			return
		}
		time.Sleep(time.Second)
	}
}

func (a *argoApplication) diff(choose func(*argodiff.DiffConfigBuilder)) {
	_, parser, err := a.kubectl.LoadOpenAPISchema(a.config)
	must(err)
	// What Argo CD ignores when nobody chose anything: the status of every kind.
	everywhere := v1alpha1.ResourceOverride{IgnoreDifferences: v1alpha1.OverrideIgnoreDiff{JSONPointers: []string{"/status"}}}
	builder := argodiff.NewDiffConfigBuilder().
		WithDiffSettings(nil, map[string]v1alpha1.ResourceOverride{"*/*": everywhere}, false, normalizers.IgnoreNormalizerOpts{}).
		WithTracking(argocommon.LabelKeyAppInstance, string(v1alpha1.TrackingMethodAnnotation)).
		WithNoCache().
		WithGVKParser(parser).
		WithManager(argocommon.ArgoCDSSAManager)
	choose(builder)
	chosen, err := builder.Build()
	must(err)
	results, err := argodiff.StateDiffs(a.state.Live, a.state.Target, chosen)
	must(err)
	for i, one := range results.Diffs {
		if one.Modified {
			say(a.state.Target[i], one.NormalizedLive, one.PredictedLive)
		}
	}
}

type fluxKustomization struct{ manager *ssa.ResourceManager }

func flux(cluster client.Client, objects []*unstructured.Unstructured) fluxKustomization {
	owner := ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"}
	poller := polling.NewStatusPoller(cluster, cluster.RESTMapper(), polling.Options{})
	manager := ssa.NewResourceManager(cluster, poller, owner)
	manager.SetOwnerLabels(objects, application, namespace)
	return fluxKustomization{manager}
}

// With what kustomize-controller cleans up before it applies. Prints what was not as it should be.
func (f fluxKustomization) reconcile(ctx context.Context, objects []*unstructured.Unstructured) {
	options := ssa.DefaultApplyOptions()
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{"kubectl.kubernetes.io/last-applied-configuration"},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "kustomize-controller", OperationType: metav1.ManagedFieldsOperationUpdate},
		},
	}
	changes, err := f.manager.ApplyAllStaged(ctx, objects, options)
	must(err)
	for _, one := range changes.Entries {
		if one.Action != ssa.UnchangedAction {
			fmt.Println(one)
		}
	}
}

func (f fluxKustomization) diff(ctx context.Context, objects []*unstructured.Unstructured) {
	for _, object := range objects {
		change, live, merged, err := f.manager.Diff(ctx, object, ssa.DefaultDiffOptions())
		must(err)
		if change.Action != ssa.UnchangedAction {
			fmt.Println(change)
			fmt.Println(cmp.Diff(live, merged))
		}
	}
}

func say(object *unstructured.Unstructured, live, wanted []byte) {
	fmt.Printf("%s/%s differs\n", object.GetKind(), object.GetName())
	pretty := func(text []byte) map[string]any {
		read := &unstructured.Unstructured{}
		must(read.UnmarshalJSON(bytes.TrimSpace(text)))
		return read.Object
	}
	fmt.Println(cmp.Diff(pretty(live), pretty(wanted)))
}
