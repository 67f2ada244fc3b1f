package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// Deps is what the definitions need.
type Deps struct {
	Catalog      scaffolder.Catalog
	Environments scaffolder.Environments
	Machine      string // name of the state machine
}

func (d Deps) check() error {
	if d.Catalog == nil || d.Environments == nil || d.Machine == "" {
		return errors.New("creating from templates needs a catalog, environments and the name of its state machine")
	}
	return nil
}

func decode(raw json.RawMessage) (scaffolder.CreateAppInput, error) {
	var in scaffolder.CreateAppInput
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "", Message: "is an object with template and values"}})
	}
	if in.Template == "" {
		return in, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/template", Message: "is required"}})
	}
	if in.Values.Map == nil {
		in.Values.Map = map[string]any{}
	}
	return in, nil
}

// template finds a template and makes sure that all its actions exist.
func (d Deps) template(ctx context.Context, name string) (string, *template.Template, error) {
	bad := func(message string) (string, *template.Template, error) {
		return "", nil, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/template", Message: message}})
	}
	ref, err := entity.ParseRef(name, entity.Ref{Kind: "template"})
	if err != nil || !strings.EqualFold(ref.Kind, "template") {
		return bad("is not the ref of a template")
	}
	found, err := d.Catalog.Entity(ctx, ref.String())
	if errors.Is(err, errs.NotFound) {
		return bad(fmt.Sprintf("there is no %s in the catalog", ref))
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	t, err := scaffolder.ReadTemplate(found)
	if err != nil {
		return bad("can't be used: " + errs.Explain(err))
	}
	return ref.String(), t, nil
}

// fillIn validates values against the template's form and fills in its defaults.
func fillIn(t *template.Template, given map[string]any, open bool) (map[string]any, error) {
	pages := make([]map[string]any, len(t.Pages))
	for i, p := range t.Pages {
		pages[i] = p.Schema
	}
	f, err := form.New(form.Config{Pages: pages, Open: open})
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	if fields := checkMarks("", given); len(fields) > 0 {
		return nil, errs.WithFields("some values of the form are not valid", fields)
	}
	return f.Validate(given)
}

// checkMarks refuses values that look like what stands for a secret: who fills in a form
// could get hold of one that way.
func checkMarks(pointer string, v any) []errs.Field {
	var fields []errs.Field
	switch v := v.(type) {
	case string:
		if operations.HoldsMark(v) {
			fields = append(fields, errs.Field{Pointer: pointer, Message: "has a text in it that stands for a secret or for a value that is known later"})
		}
	case []any:
		for i, item := range v {
			fields = append(fields, checkMarks(pointer+"/"+strconv.Itoa(i), item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			fields = append(fields, checkMarks(pointer, name)...)
			fields = append(fields, checkMarks(pointer+"/"+errs.Clip(name), v[name])...)
		}
	}
	return fields
}

// checkEnvironments says what is wrong with the environments that the values of an operation
// mean.
func (d Deps) checkEnvironments(ctx context.Context, operation string, values map[string]any) ([]errs.Field, error) {
	refs, fields := scaffolder.MeantEnvironments(operation, values)
	if len(refs) == 0 || len(fields) > 0 {
		return fields, nil
	}
	_, err := d.Environments.Resolve(ctx, refs)
	if errors.Is(err, errs.Invalid) {
		if fields := errs.Fields(err); len(fields) > 0 {
			return below("/environments", fields), nil
		}
		return []errs.Field{{Pointer: "/environments", Message: errs.Message(err)}}, nil
	}
	return nil, err
}

// below puts pointers under a prefix.
func below(prefix string, fields []errs.Field) []errs.Field {
	out := make([]errs.Field, len(fields))
	for i, f := range fields {
		out[i] = errs.Field{Pointer: prefix + f.Pointer, Message: f.Message}
	}
	return out
}
