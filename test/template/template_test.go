package template

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func load(t *testing.T) Template {
	t.Helper()
	tpl, err := Load(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// breakage is a change to the template that a rule has to find.
type breakage struct {
	name string
	do   func(Template)
	want string // part of a violation
}

// set gives a change that sets a property of a resource, deep in its properties.
func set(resource string, value any, keys ...string) func(Template) {
	return func(t Template) {
		m := t.Resources[resource].Props
		for _, k := range keys[:len(keys)-1] {
			m = m[k].(Map)
		}
		if value == nil {
			delete(m, keys[len(keys)-1])
			return
		}
		m[keys[len(keys)-1]] = value
	}
}

// allow gives a change that adds a statement to a role.
func allow(role, action string, resource any) func(Template) {
	return func(t Template) {
		policy := t.Resources[role].Props["Policies"].([]any)[0].(Map)["PolicyDocument"].(Map)
		policy["Statement"] = append(policy["Statement"].([]any), Map{"Effect": "Allow", "Action": action, "Resource": resource})
	}
}

// check is a rule with the changes that it has to find.
type check struct {
	name   string
	rule   func(Template) []string
	breaks []breakage
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(accessChecks(), edgeChecks(), deliveryChecks(), storageChecks()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, v := range c.rule(load(t)) {
				t.Error(v)
			}
			for _, b := range c.breaks {
				broken := load(t)
				b.do(broken)
				if all := strings.Join(c.rule(broken), "\n"); !strings.Contains(all, b.want) {
					t.Errorf("%s: the rule found %q, want %q", b.name, all, b.want)
				}
			}
		})
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "statemachines", "*.asl.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no state machines: %v", err)
	}
	tpl := load(t)
	described := map[string]string{} // by file
	for _, name := range tpl.OfType(StateMachine) {
		described[Text(tpl.Props(name)["DefinitionUri"])] = name
	}
	for _, file := range files {
		definition, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		uri := "statemachines/" + filepath.Base(file)
		if described[uri] == "" {
			t.Errorf("%s is not deployed by template.yaml", uri)
		}
		for _, v := range append(Machine(definition), Substitutions(tpl, described[uri], definition)...) {
			t.Errorf("%s: %s", uri, v)
		}
	}
	if len(described) != len(files) {
		t.Errorf("template.yaml has %d state machines, statemachines/ %d", len(described), len(files))
	}
}

func TestMachineFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	const good = `{"TimeoutSeconds":60,"States":{"A":{"Type":"Task","Resource":"r","TimeoutSeconds":1,` +
		`"Retry":[{"ErrorEquals":["X"],"JitterStrategy":"FULL","MaxDelaySeconds":9}],"Catch":[{}]}}}`
	if found := Machine([]byte(good)); len(found) > 0 {
		t.Fatalf("a good machine has violations: %v", found)
	}
	for _, c := range []struct{ old, new, want string }{
		{`{"TimeoutSeconds":60,`, `{`, "the machine has no TimeoutSeconds"},
		{`"TimeoutSeconds":1,`, ``, "A has no timeout"},
		{`"Resource":"r"`, `"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken"`, "A waits without a heartbeat"},
		{`"Catch":[{}]`, `"Catch":[]`, "A catches nothing"},
		{`"Retry":[{"ErrorEquals":["X"],"JitterStrategy":"FULL","MaxDelaySeconds":9}],`, ``, "A is not retried"},
		{`"JitterStrategy":"FULL",`, ``, "A is retried without jitter"},
		{`,"MaxDelaySeconds":9`, ``, "A waits ever longer"},
		{`["X"]`, `["States.ALL"]`, "A is retried on States.ALL"},
		{`"States":{`, `"States":{"P":{"Type":"Parallel","Branches":[{"States":{"B":{"Type":"Task"}}}]},`, "B has no timeout"},
		{`"States":{`, `"States":{"M":{"Type":"Map","ItemProcessor":{"States":{"C":{"Type":"Task"}}}},`, "C catches nothing"},
		{`"States":{`, `"States":`, "not JSON"},
	} {
		broken := strings.Replace(good, c.old, c.new, 1)
		if all := strings.Join(Machine([]byte(broken)), "\n"); broken == good || !strings.Contains(all, c.want) {
			t.Errorf("%s: found %q, want %q", broken, all, c.want)
		}
	}
}

func TestSubstitutionsFindsWhatIsOpen(t *testing.T) {
	t.Parallel()
	tpl := load(t)
	found := strings.Join(Substitutions(tpl, "CreateAppMachine", []byte(`{"a":"${Nothing}"}`)), "\n")
	for _, want := range []string{"leaves ${Nothing} open", "fills in CreationFunctionArn"} {
		if !strings.Contains(found, want) {
			t.Errorf("found %q, want %q", found, want)
		}
	}
}

func TestEverySkipOfCheckovHasAReason(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("checkov.yaml")
	if err != nil {
		t.Fatal(err)
	}
	skips := 0
	for line := range strings.Lines(string(text)) {
		id, reason, _ := strings.Cut(strings.TrimSpace(line), " # ")
		if !strings.HasPrefix(id, "- CKV") {
			continue
		}
		skips++
		if len(strings.Fields(reason)) < 4 {
			t.Errorf("%s is skipped without a reason", id)
		}
	}
	if skips == 0 {
		t.Error("found no skips; did the file's format change?")
	}
	for name, r := range load(t).Resources {
		for _, skip := range List(At(r.Body, "Metadata", "checkov", "skip")) {
			if len(strings.Fields(Text(At(skip, "comment")))) < 4 {
				t.Errorf("%s: %v is skipped without a reason", name, At(skip, "id"))
			}
		}
	}
}
