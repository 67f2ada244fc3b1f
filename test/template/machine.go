package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var substitution = regexp.MustCompile(`\$\{([^}]*)\}`)

// Machine: a state machine as a whole ends, and so does every task in it, also inside of
// Parallel and Map: each has a timeout, is retried with jitter on errors that are named,
// and leads somewhere when it fails for good. A task that waits for a callback has a
// heartbeat, or a lost callback would hold it for its whole timeout.
func Machine(definition []byte) []string {
	var m Map
	if err := json.Unmarshal(definition, &m); err != nil {
		return []string{"the definition is not JSON: " + err.Error()}
	}
	var found []string
	if m["TimeoutSeconds"] == nil {
		found = append(found, "the machine has no TimeoutSeconds")
	}
	return append(found, states(m)...)
}

func states(m Map) []string {
	var found []string
	all := asMap(m["States"])
	for _, name := range sortedKeys(all) {
		s := asMap(all[name])
		if s["Type"] == "Task" {
			found = append(found, task(name, s)...)
		}
		for _, inner := range append(List(s["Branches"]), s["Iterator"], s["ItemProcessor"]) {
			found = append(found, states(asMap(inner))...)
		}
	}
	return found
}

func task(name string, s Map) []string {
	var found []string
	if s["TimeoutSeconds"] == nil && s["TimeoutSecondsPath"] == nil {
		found = append(found, name+" has no timeout")
	}
	if strings.HasSuffix(Text(s["Resource"]), ".waitForTaskToken") && s["HeartbeatSeconds"] == nil {
		found = append(found, name+" waits without a heartbeat")
	}
	if len(List(s["Catch"])) == 0 {
		found = append(found, name+" catches nothing")
	}
	if len(List(s["Retry"])) == 0 {
		found = append(found, name+" is not retried")
	}
	for _, r := range List(s["Retry"]) {
		found = append(found, retry(name, asMap(r))...)
	}
	return found
}

func retry(name string, r Map) []string {
	var found []string
	if r["JitterStrategy"] != "FULL" {
		found = append(found, name+" is retried without jitter")
	}
	if r["MaxDelaySeconds"] == nil {
		found = append(found, name+" waits ever longer between retries")
	}
	for _, e := range List(r["ErrorEquals"]) {
		if e == "States.ALL" || e == "States.TaskFailed" {
			found = append(found, fmt.Sprintf("%s is retried on %v, also when that can't help", name, e))
		}
	}
	return found
}

// Substitutions: what a definition leaves open is what the template fills in.
func Substitutions(t Template, machine string, definition []byte) []string {
	given := asMap(t.Props(machine)["DefinitionSubstitutions"])
	var found, used []string
	for _, m := range substitution.FindAllSubmatch(definition, -1) {
		name := string(m[1])
		used = append(used, name)
		if given[name] == nil {
			found = append(found, machine+" leaves ${"+name+"} open")
		}
	}
	for _, name := range sortedKeys(given) {
		if !slices.Contains(used, name) {
			found = append(found, machine+" fills in "+name+", which its definition does not have")
		}
	}
	return found
}
