package asl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// problems collects everything that is wrong with a definition.
type problems struct{ fields []errs.Field }

func (p *problems) addf(pointer, format string, args ...any) {
	p.fields = append(p.fields, errs.Field{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// fields reads an object of the definition and knows which fields nobody asked for.
type fields struct {
	*problems
	pointer string
	values  map[string]any
	asked   map[string]bool
}

// fieldsOf reads v, which must be an object.
func (p *problems) fieldsOf(pointer string, v any) *fields {
	object, ok := v.(map[string]any)
	if !ok {
		p.addf(pointer, "must be an object")
	}
	return &fields{problems: p, pointer: pointer, values: object, asked: map[string]bool{}}
}

func (f *fields) at(key string) string {
	return f.pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func (f *fields) failf(key, format string, args ...any) { f.addf(f.at(key), format, args...) }

func (f *fields) get(key string) (any, bool) {
	f.asked[key] = true
	v, ok := f.values[key]
	return v, ok
}

func (f *fields) has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// rejectRest reports the fields that nobody asked for.
func (f *fields) rejectRest(of string) {
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		if !f.asked[key] {
			f.failf(key, "%s has no such field, or it is not supported", of)
		}
	}
}

func (f *fields) text(key string) string {
	v, ok := f.get(key)
	s, isText := v.(string)
	if ok && (!isText || s == "") {
		f.failf(key, "must be a string that is not empty")
	}
	return s
}

// anyText reads a string that may be empty.
func (f *fields) anyText(key string) string {
	v, ok := f.get(key)
	s, isText := v.(string)
	if ok && !isText {
		f.failf(key, "must be a string")
	}
	return s
}

func (f *fields) flag(key string) bool {
	v, ok := f.get(key)
	b, isFlag := v.(bool)
	if ok && !isFlag {
		f.failf(key, "must be true or false")
	}
	return b
}

// whole reads an integer in a range, otherwise when it is left out.
func (f *fields) whole(key string, least, most, otherwise int64) int64 {
	v, ok := f.get(key)
	if !ok {
		return otherwise
	}
	i, isInt := integer(v)
	if !isInt || i < least || i > most {
		f.failf(key, "must be an integer from %d to %d", least, most)
		return otherwise
	}
	return i
}

func (f *fields) real(key string, least, otherwise float64) float64 {
	v, ok := f.get(key)
	if !ok {
		return otherwise
	}
	x, isNumber := number(v)
	if !isNumber || x < least {
		f.failf(key, "must be a number of at least %v", least)
		return otherwise
	}
	return x
}

// list reads an array; of says whether it must be there and have something in it.
func (f *fields) list(key string, wanted bool) []any {
	v, ok := f.get(key)
	list, isList := v.([]any)
	if (ok && !isList) || (wanted && len(list) == 0) {
		f.failf(key, "must be an array that is not empty")
	}
	return list
}

// pathOrNull reads InputPath, OutputPath and their like.
func (f *fields) pathOrNull(key string, parse func(string) (*path, error)) pathField {
	v, ok := f.get(key)
	if !ok || v == nil {
		return pathField{set: ok}
	}
	return pathField{set: true, path: f.parsed(key, v, parse)}
}

// path reads a path, nil when it is left out.
func (f *fields) path(key string, parse func(string) (*path, error)) *path {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	return f.parsed(key, v, parse)
}

func (f *fields) parsed(key string, v any, parse func(string) (*path, error)) *path {
	s, ok := v.(string)
	if !ok {
		f.failf(key, "must be a path")
		return nil
	}
	p, err := parse(s)
	if err != nil {
		f.failf(key, "%s", err)
	}
	return p
}

// parseResultPath reads a reference path into the state's own data.
func parseResultPath(text string) (*path, error) {
	p, err := parseReference(text)
	if err == nil && p.root != rootData {
		err = fmt.Errorf("%q does not lead into the state's data", text)
	}
	return p, err
}

func (f *fields) duration(key string, least int64) time.Duration {
	return time.Duration(f.whole(key, least, maxAttempts, 0)) * time.Second
}

// seconds reads a number of seconds or, from the field with Path behind its name, a path.
func (f *fields) seconds(key string) seconds {
	s := seconds{fixed: f.whole(key, 1, maxAttempts, 0), path: f.path(key+"Path", parseReference)}
	if f.has(key) && f.has(key+"Path") {
		f.failf(key, "can't stand beside %sPath", key)
	}
	return s
}

// template reads a payload template, nil when it is left out.
func (f *fields) template(key string) *template {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	return &template{root: f.part(f.at(key), v)}
}

// objectTemplate reads a template that must be an object.
func (f *fields) objectTemplate(key string) *template {
	t := f.template(key)
	if t == nil {
		return nil
	}
	if _, ok := t.root.(templateObject); !ok {
		f.failf(key, "must be an object")
	}
	return t
}

func (f *fields) part(pointer string, v any) any {
	switch v := v.(type) {
	case []any:
		list := make(templateList, len(v))
		for i := range v {
			list[i] = f.part(fmt.Sprintf("%s/%d", pointer, i), v[i])
		}
		return list
	case map[string]any:
		object := make(templateObject, len(v))
		for key, inner := range v {
			name, dynamic := strings.CutSuffix(key, ".$")
			if _, twice := v[name]; dynamic && twice {
				f.addf(pointer, "has both %q and %q", name, key)
			}
			if dynamic {
				inner = f.expressionPart(pointer+"/"+key, key, inner)
			} else {
				inner = f.part(pointer+"/"+key, inner)
			}
			object[name] = inner
		}
		return object
	}
	return v
}

func (f *fields) expressionPart(pointer, key string, v any) any {
	s, ok := v.(string)
	if !ok {
		f.addf(pointer, "must be a path or an intrinsic call, because its name ends in .$")
		return nil
	}
	expr, err := parseExpression(s)
	if err != nil {
		f.addf(pointer, "%s", err)
	}
	return templateExpr{key: key, expr: expr}
}

// textOrPath reads Error or ErrorPath and their like.
func (f *fields) textOrPath(key string) textField {
	field := textField{fixed: f.anyText(key)}
	v, ok := f.get(key + "Path")
	if !ok {
		return field
	}
	if f.has(key) {
		f.failf(key, "can't stand beside %sPath", key)
	}
	s, isText := v.(string)
	expr, err := parseExpression(s)
	if !isText || err != nil {
		f.failf(key+"Path", "must be a path or an intrinsic call: %v", err)
	}
	field.expr = expr
	return field
}

// names reads ErrorEquals. States.ALL must stand alone, in the last retrier or catcher.
func (f *fields) names(last bool) []string {
	var names []string
	for _, v := range f.list("ErrorEquals", true) {
		name, ok := v.(string)
		if !ok {
			f.failf("ErrorEquals", "must hold strings")
		}
		names = append(names, name)
	}
	if slices.Contains(names, ErrAll) && (len(names) > 1 || !last) {
		f.failf("ErrorEquals", "States.ALL must stand alone and last")
	}
	return names
}
