// Package template owns the rules that template.yaml and the state machines are held to
// beyond what the field's linters check: who may call what, where failures go, what a role
// may do, what survives. It reads the files as they are, without SAM or AWS, and does not
// know what the functions do.
//
// Flow: Load → a rule, a function from a Template to the violations it finds. Each rule is
// tested against the real files and against a copy that breaks it.
package template

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The types of resources that rules look at.
const (
	Function     = "AWS::Serverless::Function"
	StateMachine = "AWS::Serverless::StateMachine"
	API          = "AWS::Serverless::HttpApi"
	Role         = "AWS::IAM::Role"
	Table        = "AWS::DynamoDB::Table"
	Queue        = "AWS::SQS::Queue"
	Rule         = "AWS::Events::Rule"
	LogGroup     = "AWS::Logs::LogGroup"
	Bucket       = "AWS::S3::Bucket"
	BucketPolicy = "AWS::S3::BucketPolicy"
	Alarm        = "AWS::CloudWatch::Alarm"
	Distribution = "AWS::CloudFront::Distribution"
	Permission   = "AWS::Lambda::Permission"
)

// Map is a mapping of the template. Short forms of intrinsic functions stand in their long
// form: !Ref X is {"Ref": "X"}, !GetAtt X.Arn is {"Fn::GetAtt": "X.Arn"}.
type Map = map[string]any

// Template is a SAM template.
type Template struct {
	Globals   Map // of functions
	Resources map[string]Resource
}

// Resource is one resource of a template.
type Resource struct {
	Type  string
	Props Map
	Body  Map // everything, with what stands beside the properties
}

// Load reads a template.
func Load(path string) (Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Template{}, fmt.Errorf("reading the template: %w", err)
	}
	return Parse(text)
}

// Parse reads a template from its text.
func Parse(text []byte) (Template, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return Template{}, fmt.Errorf("parsing the template: %w", err)
	}
	root, ok := value(&doc).(Map)
	if !ok {
		return Template{}, fmt.Errorf("the template is not a mapping")
	}
	t := Template{Globals: asMap(At(root, "Globals", "Function")), Resources: map[string]Resource{}}
	for name, body := range asMap(root["Resources"]) {
		b := asMap(body)
		t.Resources[name] = Resource{Type: Text(b["Type"]), Props: asMap(b["Properties"]), Body: b}
	}
	return t, nil
}

// OfType gives the names of the resources of a type, sorted.
func (t Template) OfType(kind string) []string {
	var names []string
	for name, r := range t.Resources {
		if r.Type == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Props gives the properties of a resource, nil when there is none.
func (t Template) Props(name string) Map { return t.Resources[name].Props }

// value turns a node into maps, lists and scalars. Each alias becomes a copy of its own.
func value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return value(n.Content[0])
	case yaml.AliasNode:
		return value(n.Alias)
	default:
		return intrinsic(n, plain(n))
	}
}

func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := Map{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = value(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, value(c))
		}
		return list
	default:
		return n.Value
	}
}

// intrinsic gives the long form of a value that carries a short form's tag.
func intrinsic(n *yaml.Node, v any) any {
	name, short := strings.CutPrefix(n.Tag, "!")
	switch {
	case !short || strings.HasPrefix(name, "!"):
		return v
	case name == "Ref" || name == "Condition":
		return Map{name: v}
	default:
		return Map{"Fn::" + name: v}
	}
}

// At follows keys through maps, nil where one is missing.
func At(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(Map)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// Text gives a scalar's text, "" for anything else.
func Text(v any) string { s, _ := v.(string); return s }

// List gives the elements of a list; of a single value, itself; of nil, none.
func List(v any) []any {
	switch l := v.(type) {
	case nil:
		return nil
	case []any:
		return l
	default:
		return []any{v}
	}
}

func asMap(v any) Map { m, _ := v.(Map); return m }

// Target gives the resource or parameter that v refers to by Ref, GetAtt or a Sub of
// nothing else, "" when it does not.
func Target(v any) string {
	m := asMap(v)
	if ref := Text(m["Ref"]); ref != "" {
		return ref
	}
	if name, _, ok := strings.Cut(Text(m["Fn::GetAtt"]), "."); ok {
		return name
	}
	if inner, ok := strings.CutPrefix(Text(m["Fn::Sub"]), "${"); ok {
		name, _, _ := strings.Cut(strings.TrimSuffix(inner, "}"), ".")
		return strings.TrimSuffix(name, "}")
	}
	return ""
}

// Event is one event source of a function, or of a state machine.
type Event struct {
	Function, Name, Type string
	Props                Map
}

// Events gives the event sources of one type of all functions and state machines, in order
// of their names.
func (t Template) Events(kind string) []Event {
	var all []Event
	for _, f := range append(t.OfType(Function), t.OfType(StateMachine)...) {
		events := asMap(t.Props(f)["Events"])
		for _, name := range sortedKeys(events) {
			if Text(At(events[name], "Type")) == kind {
				all = append(all, Event{f, name, kind, asMap(At(events[name], "Properties"))})
			}
		}
	}
	return all
}

// Environment gives the environment variables of a function, the global ones included.
func (t Template) Environment(function string) Map {
	env := Map{}
	for _, from := range []Map{t.Globals, t.Props(function)} {
		for k, v := range asMap(At(from, "Environment", "Variables")) {
			env[k] = v
		}
	}
	return env
}

func sortedKeys(m Map) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
