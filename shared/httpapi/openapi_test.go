package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/auditapi"
	"github.com/slipwayhq/slipway/shared/httpapi/catalogapi"
	"github.com/slipwayhq/slipway/shared/httpapi/environmentsapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/jsondiff"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// schema is what these tests look at in a schema of the document.
type schema struct {
	Properties map[string]json.RawMessage
	Required   []string
	Enum       []string
}

// document is what these tests look at in the API's description.
type document struct {
	Paths map[string]map[string]struct {
		Security *[]any // nil: as for the whole document
	}
	Security   []any
	Components struct{ Schemas map[string]schema }
}

// ownAPI serves Slipway's own API as its function does, without anything behind it.
func ownAPI(t *testing.T) rig {
	t.Helper()
	rt := newRig(t)
	operationsapi.Handle(rt.Router, operationsapi.API{})
	operationsapi.HandleStream(rt.Router, nil)
	auditapi.Handle(rt.Router, nil)
	environmentsapi.Handle(rt.Router, nil)
	catalogapi.HandleOwn(rt.Router, catalogapi.Own{})
	catalogapi.HandleReconciliation(rt.Router, nil)
	httpapi.HandleOpenAPI(rt.Router)
	return rt
}

// description fetches the document, as anybody can.
func description(t *testing.T, rt rig) (doc document, raw []byte, etag string) {
	t.Helper()
	w := rt.do(http.MethodGet, "/openapi.json", "", "Authorization", "")
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	return doc, w.Body.Bytes(), w.Header().Get("ETag")
}

func TestDescriptionHoldsEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	rt := ownAPI(t)
	doc, _, _ := description(t, rt)
	described := map[string]bool{} // whether the route is public
	for path, methods := range doc.Paths {
		for method, o := range methods {
			described[strings.ToUpper(method)+" "+path] = len(doc.Security) == 0 || (o.Security != nil && len(*o.Security) == 0)
		}
	}
	registered := map[string]bool{}
	for _, r := range rt.Routes() {
		registered[r.Method+" "+r.Pattern] = r.Public
	}
	if diff := cmp.Diff(registered, described); diff != "" {
		t.Fatal(diff)
	}
}

func TestDescriptionIsServedWithItsTag(t *testing.T) {
	t.Parallel()
	rt := ownAPI(t)
	_, _, etag := description(t, rt)
	if w := rt.do(http.MethodGet, "/openapi.json", "", "If-None-Match", etag); etag == "" || w.Code != http.StatusNotModified {
		t.Errorf("%d for tag %q", w.Code, etag)
	}
}

// members gives the members of a type's JSON form and whether each is always there.
func members(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "-" {
			out[name] = !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero")
		}
	}
	return out
}

func TestSchemasAreWhatTheTypesSay(t *testing.T) {
	t.Parallel()
	doc, _, _ := description(t, ownAPI(t))
	for name, of := range map[string]reflect.Type{
		"Operation":         reflect.TypeFor[operations.Operation](),
		"OperationProblem":  reflect.TypeFor[operations.Problem](),
		"OperationRequest":  reflect.TypeFor[operationsapi.Request](),
		"RetryRequest":      reflect.TypeFor[operationsapi.RetryRequest](),
		"OperationPlan":     reflect.TypeFor[operationsapi.Plan](),
		"PlannedChange":     reflect.TypeFor[operationsapi.PlannedChange](),
		"LogPage":           reflect.TypeFor[operationsapi.LogPage](),
		"LogLine":           reflect.TypeFor[operations.Line](),
		"Cancellation":      reflect.TypeFor[operations.Cancellation](),
		"RunTemplateInput":  reflect.TypeFor[scaffolder.CreateAppInput](),
		"Plan":              reflect.TypeFor[operations.Plan](),
		"Effect":            reflect.TypeFor[operations.Effect](),
		"Step":              reflect.TypeFor[operations.Step](),
		"Field":             reflect.TypeFor[errs.Field](),
		"CreateAppInput":    reflect.TypeFor[scaffolder.CreateAppInput](),
		"CreateAppOutput":   reflect.TypeFor[scaffolder.Output](),
		"TemplateSource":    reflect.TypeFor[actions.Source](),
		"AuditRecord":       reflect.TypeFor[audit.Record](),
		"ListedEnvironment": reflect.TypeFor[environments.Listed](),
		"Environment":       reflect.TypeFor[environments.Environment](),
		"Provider":          reflect.TypeFor[environments.Provider](),

		"CatalogFileProblems": reflect.TypeFor[catalog.FileProblems](),
		"CatalogProblem":      reflect.TypeFor[entity.Problem](),
		"EntityChange":        reflect.TypeFor[catalogapi.EntityChange](),
		"DiffOperation":       reflect.TypeFor[jsondiff.Op](),
		"GraphNode":           reflect.TypeFor[catalogapi.GraphNode](),
		"GraphEdge":           reflect.TypeFor[catalogapi.GraphEdge](),
		"Reconciliation":      reflect.TypeFor[reconcile.Report](),
		"ReconciledProjects":  reflect.TypeFor[reconcile.Projects](),
		"ReconciledGroup":     reflect.TypeFor[reconcile.Group](),
		"ReconciledHooks":     reflect.TypeFor[reconcile.Hooks](),
		"ReconciliationNote":  reflect.TypeFor[reconcile.Note](),
	} {
		described := map[string]bool{}
		for member := range doc.Components.Schemas[name].Properties {
			described[member] = slices.Contains(doc.Components.Schemas[name].Required, member)
		}
		if diff := cmp.Diff(members(of), described); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEnumsAreComplete(t *testing.T) {
	t.Parallel()
	doc, _, _ := description(t, ownAPI(t))
	property := func(of, name string) (s schema) {
		if err := json.Unmarshal(doc.Components.Schemas[of].Properties[name], &s); err != nil {
			t.Fatalf("%s.%s: %v", of, name, err)
		}
		return s
	}
	for name, c := range map[string]struct{ described, real any }{
		"statuses": {doc.Components.Schemas["OperationStatus"].Enum,
			texts(operations.Accepted, operations.Running, operations.Succeeded, operations.Compensating, operations.Failed, operations.Parked)},
		"steps": {doc.Components.Schemas["StepStatus"].Enum,
			texts(operations.StepProcessing, operations.StepCompleted, operations.StepSkipped, operations.StepFailed, operations.StepCancelled)},
		"lines": {property("LogLine", "type").Enum,
			texts(operations.LineLog, operations.LineCancelled, operations.LineRecovered, operations.LineCompletion)},
		"effects": {property("LedgerEntry", "state").Enum, texts(operations.Intended, operations.Done, operations.Compensated)},
		"kinds": {doc.Components.Schemas["ProblemKind"].Enum,
			texts(errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict, errs.TooLarge, errs.RateLimited, errs.Unavailable, errs.Internal)},
		"types": {property("OperationRequest", "type").Enum, texts(scaffolder.CreateAppType, scaffolder.RunTemplateType)},
	} {
		if diff := cmp.Diff(c.real, c.described); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func texts[T ~string](values ...T) (out []string) {
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// Every problem that an error can become is one that the description knows.
func TestProblemsAreDescribed(t *testing.T) {
	t.Parallel()
	_, raw, _ := description(t, ownAPI(t))
	problem := httpapitest.Schema(t, raw, "/components/schemas/Problem")
	rt := newRig(t)
	fields := []errs.Field{{Pointer: "/input/values/a~1b", Message: "is wrong"}, {Pointer: "", Message: "is no object"}}
	for name, err := range map[string]error{
		"invalid": errs.New(errs.Invalid, "a"), "fields": errs.WithFields("a", fields), "unauthenticated": errs.New(errs.Unauthenticated, "a"),
		"forbidden": errs.New(errs.Forbidden, "a"), "missing": errs.New(errs.NotFound, ""), "conflict": errs.New(errs.Conflict, "a"),
		"large": errs.New(errs.TooLarge, "a"), "limited": errs.New(errs.RateLimited, "a"), "unavailable": errs.New(errs.Unavailable, "a"),
		"internal": errs.New(errs.Internal, "a"),
	} {
		rt.Handle("GET /"+name, failWith(err))
		mustFit(t, problem, rt.do(http.MethodGet, "/"+name, ""))
	}
	mustFit(t, problem, rt.do(http.MethodPost, "/internal", ""))
	mustFit(t, problem, rt.do(http.MethodGet, "/nowhere", ""))
}

func mustFit(t *testing.T, s *jsonschema.Schema, w *httptest.ResponseRecorder) {
	t.Helper()
	got, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(got); err != nil {
		t.Errorf("%d %v: %v", w.Code, got, err)
	}
	if media := w.Header().Get("Content-Type"); media != "application/problem+json" {
		t.Errorf("%d is %s", w.Code, media)
	}
}

// TestSchemasAreValid compiles every schema, so that each is valid for JSON Schema 2020-12,
// OpenAPI 3.1's own, and refers to nothing that is not there.
func TestSchemasAreValid(t *testing.T) {
	t.Parallel()
	doc, raw, _ := description(t, ownAPI(t))
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		httpapitest.Schema(t, raw, "/components/schemas/"+name)
	}
}
