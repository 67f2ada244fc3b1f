package templating

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Undefined is the value of what does not exist. It prints as nothing.
type Undefined struct{}

// Member is one key of an Object.
type Member struct {
	Name  string
	Value any
}

// Object is a JSON object that keeps the order of its keys, which shows in loops and in
// the dump filter. A map[string]any in a scope is taken in the order of its sorted keys.
type Object []Member

// MarshalJSON writes the keys in their order. What is to be escaped for HTML is the
// business of whoever asks for it.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	write := json.NewEncoder(&b)
	write.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write.Encode(m.Name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := write.Encode(m.Value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Get gives the value of a key, nil when there is none.
func (o Object) Get(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Returns is a function without parameters that gives one value. The scaffolder puts
// always() and failure() into the scope of a step's condition this way.
type Returns struct{ Value any }

// ParseJSON reads one JSON document into nil, bool, float64, string, []any and Object.
func ParseJSON(document []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	v, err := parseValue(d, 0)
	if err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		return nil, errs.Wrap(errs.Invalid, "the document is not valid JSON", err)
	}
	return v, nil
}

const maxJSONDepth = 128

func parseValue(d *json.Decoder, depth int) (any, error) {
	t, err := nextToken(d)
	if err != nil {
		return nil, err
	}
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxJSONDepth)
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = nextToken(d)
		return list, err
	case json.Delim('{'):
		return parseObject(d, depth)
	}
	return t, nil
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	object := Object{}
	for d.More() {
		key, err := nextToken(d)
		if err != nil {
			return nil, err
		}
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		object = append(object, Member{key.(string), v})
	}
	_, err := nextToken(d)
	return object, err
}

// nextToken reads a token that must be there.
func nextToken(d *json.Decoder) (json.Token, error) {
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return t, err
}

// Inside, a value is one of: Undefined, nil, bool, float64, string, safe, *array,
// *object, *pattern (a regular expression) or *function. Nothing else is ever stored.

// safe is text that the escape filter leaves as it is.
type safe string

type array struct{ items []any }

type object struct {
	keys     []string
	values   map[string]any
	inOrder  int  // how many of keys names has seen to
	numbered bool // there is a whole number among keys
}

//go:noinline
func newObject() *object { return &object{values: map[string]any{}} }

func (o *object) set(key string, value any) {
	if _, there := o.values[key]; !there {
		o.keys = append(o.keys, key)
		_, number := indexText(key)
		o.numbered = o.numbered || number
	}
	o.values[key] = value
}

// names gives the keys as JavaScript orders them: whole numbers first, the rest as it came.
func (o *object) names() []string {
	if o.numbered && o.inOrder != len(o.keys) {
		place := func(key string) float64 {
			if n, isNumber := indexText(key); isNumber {
				return n
			}
			return math.Inf(1)
		}
		sort.SliceStable(o.keys, func(i, j int) bool { return place(o.keys[i]) < place(o.keys[j]) })
	}
	o.inOrder = len(o.keys)
	return o.keys
}

func (o *object) get(key string) any {
	if v, there := o.values[key]; there {
		return v
	}
	return Undefined{}
}

// function is what a template can call: a macro, a caller, a global, or a method of a value.
type function struct {
	name        string
	call        func(r *run, at int, args []any) any
	least, most int // arguments that call takes

	macro *macro // set for macros and callers, whose arguments are bound by name
	site  *place // where a caller stands

	// members of the few globals that are objects with state, such as cycler.
	members map[string]any
}

// maxDataDepth bounds how deep given values may be nested.
const maxDataDepth = 128

// take turns a given value into an inner one: a copy, so that a template can never change
// the caller's data.
func (r *run) take(at int, v any, depth int) any {
	if depth > maxDataDepth {
		failLimit(at, "a value is nested too deeply (limit %d)", maxDataDepth)
	}
	r.budget.spend(at, 1)
	switch v := v.(type) {
	case nil, bool, float64, string, Undefined:
		return v
	case []any:
		return takeList(r, at, v, depth)
	case []string:
		return takeList(r, at, v, depth)
	case []map[string]any:
		return takeList(r, at, v, depth)
	case map[string]any:
		return takeMap(r, at, v, depth)
	case map[string]string:
		return takeMap(r, at, v, depth)
	case Object:
		o := newObject()
		r.budget.elements(at, 2*len(v))
		for _, m := range v {
			o.set(m.Name, r.take(at, m.Value, depth+1))
		}
		return o
	}
	if f, ok := v.(Returns); ok {
		result := r.take(at, f.Value, depth+1)
		return builtin("a given function", 0, manyArguments, func(*run, int, []any) any { return result })
	}
	if n, ok := number(v); ok {
		return n
	}
	fail(at, "a value of Go type %T can't be used in a template", v)
	return nil
}

func takeList[T any](r *run, at int, list []T, depth int) any {
	r.budget.elements(at, len(list))
	items := make([]any, len(list))
	for i, v := range list {
		items[i] = r.take(at, v, depth+1)
	}
	return &array{items}
}

func takeMap[T any](r *run, at int, m map[string]T, depth int) any {
	r.budget.elements(at, 2*len(m))
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	o := newObject()
	for _, k := range keys {
		o.set(k, r.take(at, m[k], depth+1))
	}
	return o
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case int32:
		return float64(n), true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	case float32:
		return float64(n), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

// export turns an inner value into plain data for the caller.
func (r *run) export(at int, v any, depth int) any {
	if depth > maxDataDepth {
		failLimit(at, "a value is nested too deeply (limit %d)", maxDataDepth)
	}
	r.budget.alloc(at, 32)
	switch v := v.(type) {
	case string:
		return r.engine.outward(v)
	case safe:
		return r.engine.outward(string(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil // as JSON.stringify does
		}
		return v
	case *array:
		list := make([]any, len(v.items))
		for i, item := range v.items {
			if list[i] = r.export(at, item, depth+1); isUndefined(list[i]) {
				list[i] = nil
			}
		}
		return list
	case *object:
		o := make(Object, 0, len(v.keys))
		for _, k := range v.names() {
			if x := r.export(at, v.values[k], depth+1); !isUndefined(x) {
				o = append(o, Member{r.engine.outward(k), x})
			}
		}
		return o
	case *function:
		r.noFunction(at, v)
	case *pattern:
		return v.text()
	}
	return v
}

func isUndefined(v any) bool {
	_, undefined := v.(Undefined)
	return undefined
}
