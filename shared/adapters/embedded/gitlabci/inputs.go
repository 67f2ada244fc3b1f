package gitlabci

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// interpolation is one $[[ ... ]] block.
var interpolation = regexp.MustCompile(`\$\[\[(.*?)\]\]`)

const (
	maxInterpolationFunctions = 3
	maxInterpolationBytes     = 1024
	maxInputs                 = 200
)

// fillIn gives the content of a file with its inputs in place, and every reason why that
// can't be done. vars serve the function expand_vars.
func fillIn(f document.File, given map[string]any, vars map[string]string) (*document.Map, []string) {
	if f.Spec == nil {
		if len(given) > 0 {
			return nil, []string{"Given inputs not defined in the `spec` section of the included configuration file"}
		}
		return f.Content, nil
	}
	values, problems := inputValues(f.Spec, given)
	if len(problems) > 0 {
		return nil, problems
	}
	in := &interpolator{inputs: values, vars: vars}
	out, _ := in.value(f.Content).(*document.Map)
	return out, in.problems
}

// inputValues checks the given values against the declarations and adds the defaults.
func inputValues(spec *document.Map, given map[string]any) (map[string]document.Value, []string) {
	var problems []string
	for _, k := range spec.Keys() {
		if k != "inputs" {
			problems = append(problems, "header:spec config contains unknown keys: "+k)
		}
	}
	declared, ok := spec.Get("inputs").(*document.Map)
	if !ok && spec.Get("inputs") != nil {
		return nil, append(problems, "header:spec:inputs config should be a hash")
	}
	if declared.Len() > maxInputs {
		return nil, append(problems, fmt.Sprintf("header:spec:inputs config has more than %d inputs", maxInputs))
	}
	var unknown []string
	for _, k := range slices.Sorted(maps.Keys(given)) {
		if !declared.Has(k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		problems = append(problems, "unknown input arguments: "+strings.Join(unknown, ", "))
	}
	values := make(map[string]document.Value, declared.Len())
	for _, name := range declared.Keys() {
		v, problem := inputValue(name, declared.Get(name), given)
		if problem != "" {
			problems = append(problems, problem)
		}
		values[name] = v
	}
	return values, problems
}

func inputValue(name string, declaration document.Value, given map[string]any) (document.Value, string) {
	spec, ok := declaration.(*document.Map)
	if !ok && declaration != nil {
		return nil, fmt.Sprintf("unknown input specification for `%s` (valid types: array, boolean, number, string)", name)
	}
	for _, k := range spec.Keys() {
		if !slices.Contains([]string{"default", "description", "options", "regex", "type"}, k) {
			return nil, fmt.Sprintf("header:spec:inputs:%s config contains unknown keys: %s", name, k)
		}
	}
	if v, ok := given[name]; ok && v != nil {
		value := fromJSON(v)
		if problem := checkInput(spec, value, "provided"); problem != "" {
			return nil, fmt.Sprintf("`%s` input: %s", name, problem)
		}
		return value, ""
	}
	if !spec.Has("default") {
		return nil, fmt.Sprintf("`%s` input: required value has not been provided", name)
	}
	value := spec.Get("default")
	if problem := checkInput(spec, value, "default"); problem != "" {
		return nil, fmt.Sprintf("`%s` input: %s", name, problem)
	}
	return value, ""
}

// checkInput holds a value against type, options and regex; origin is provided or default.
func checkInput(spec *document.Map, v document.Value, origin string) string {
	kind := "string"
	if spec.Has("type") {
		kind, _ = spec.Get("type").(string)
	}
	if !slices.Contains([]string{"array", "boolean", "number", "string"}, kind) {
		return "unknown input type (valid types: array, boolean, number, string)"
	}
	if v != nil && document.TypeName(v) != kind {
		article := "a"
		if kind == "array" {
			article = "an"
		}
		return fmt.Sprintf("%s value is not %s %s", origin, article, kind)
	}
	if options, ok := spec.Get("options").([]document.Value); ok && !slices.ContainsFunc(options, func(o document.Value) bool {
		return scalarText(o) == scalarText(v)
	}) {
		return fmt.Sprintf("`%s` cannot be used because it is not in the list of allowed options", scalarText(v))
	}
	return checkPattern(spec, v, origin, kind)
}

func checkPattern(spec *document.Map, v document.Value, origin, kind string) string {
	if !spec.Has("regex") {
		return ""
	}
	if kind != "string" {
		return "RegEx validation can only be used with string inputs"
	}
	re, err := regexp.Compile(scalarText(spec.Get("regex")))
	if err != nil {
		return "invalid regular expression"
	}
	if !re.MatchString(scalarText(v)) {
		return origin + " value does not match required RegEx pattern"
	}
	return ""
}

func scalarText(v document.Value) string {
	s, _ := document.Text(v)
	return s
}

// fromJSON takes a value as encoding/json or a Go caller gives it.
func fromJSON(v any) document.Value {
	switch v := v.(type) {
	case []any:
		out := make([]document.Value, len(v))
		for i, item := range v {
			out[i] = fromJSON(item)
		}
		return out
	case []string:
		out := make([]document.Value, len(v))
		for i, item := range v {
			out[i] = item
		}
		return out
	case map[string]any:
		out := document.NewMap()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out.Set(k, fromJSON(v[k]))
		}
		return out
	case int:
		return int64(v)
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
		return v
	case string, bool, int64, nil:
		return v
	}
	return fmt.Sprint(v)
}

// interpolator replaces the blocks of one file.
type interpolator struct {
	inputs   map[string]document.Value
	vars     map[string]string
	problems []string
	produced int // bytes, against files that multiply a long input
}

func (in *interpolator) value(v document.Value) document.Value {
	switch v := v.(type) {
	case string:
		return in.scalar(v)
	case []document.Value:
		out := make([]document.Value, len(v))
		for i, item := range v {
			out[i] = in.value(item)
		}
		return out
	case *document.Map:
		out := document.NewMap()
		for _, k := range v.Keys() {
			out.Set(scalarText(in.scalar(k)), in.value(v.Get(k)))
		}
		return out
	}
	return v
}

// scalar keeps the input's type when the block is the whole text.
func (in *interpolator) scalar(s string) document.Value {
	if !strings.Contains(s, "$[[") || in.produced > document.MaxText {
		return s
	}
	if m := interpolation.FindStringSubmatch(s); m != nil && m[0] == s {
		return in.block(s, m[1])
	}
	out := interpolation.ReplaceAllStringFunc(s, func(block string) string {
		v := in.block(block, interpolation.FindStringSubmatch(block)[1])
		text, ok := document.Text(v)
		if !ok {
			in.problem("an array input can't be part of a text: " + block)
		}
		in.produced += len(text)
		if in.produced > document.MaxText {
			in.problem("the interpolated configuration is too big")
			return ""
		}
		return text
	})
	return out
}

func (in *interpolator) problem(text string) {
	if !slices.Contains(in.problems, text) {
		in.problems = append(in.problems, text)
	}
}

// block evaluates "inputs.name | function | function".
func (in *interpolator) block(whole, inner string) document.Value {
	if len(inner) > maxInterpolationBytes {
		in.problem("maximum interpolation expression size exceeded")
		return nil
	}
	parts := strings.Split(inner, "|")
	access := strings.Split(strings.TrimSpace(parts[0]), ".")
	if access[0] == "matrix" {
		return whole
	}
	if len(access) != 2 {
		in.problem("invalid interpolation access pattern")
		return nil
	}
	if access[0] != "inputs" {
		in.problem(fmt.Sprintf("unknown interpolation key: `%s`", access[0]))
		return nil
	}
	v, ok := in.inputs[access[1]]
	if !ok {
		in.problem(fmt.Sprintf("unknown interpolation key: `%s`", access[1]))
		return nil
	}
	if len(parts)-1 > maxInterpolationFunctions {
		in.problem("too many functions in interpolation block")
		return nil
	}
	for _, call := range parts[1:] {
		v = in.apply(strings.TrimSpace(call), v)
	}
	return v
}

var truncateCall = regexp.MustCompile(`^truncate\(\s*(\d{1,9})\s*,\s*(\d{1,9})\s*\)$`)

func (in *interpolator) apply(call string, v document.Value) document.Value {
	s, ok := v.(string)
	m := truncateCall.FindStringSubmatch(call)
	switch {
	case m == nil && call != "expand_vars" && call != "posix_escape" && call != "posix_quote":
		in.problem(fmt.Sprintf("no function matching `%s`: check that the function name, arguments, and types are correct", call))
		return nil
	case !ok:
		in.problem(fmt.Sprintf("invalid input type: %s can only be used with string inputs", call))
		return nil
	case m != nil:
		return truncate(s, m[1], m[2])
	case call == "expand_vars":
		return expand(s, lookupIn(in.vars), keepUnknown)
	case call == "posix_quote":
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return posixUnsafe.ReplaceAllString(s, `\$0`)
}

var posixUnsafe = regexp.MustCompile(`[^A-Za-z0-9_\-.,:+/@]`)

func truncate(s, offset, length string) string {
	runes := []rune(s)
	from, _ := strconv.Atoi(offset)
	n, _ := strconv.Atoi(length)
	from = min(from, len(runes))
	return string(runes[from:min(from+n, len(runes))])
}
