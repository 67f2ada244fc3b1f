package scmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func variableParts() []part {
	return []part{
		{"a created variable is found by key and scope", variableFound},
		{"a variable of a key and scope that is taken is a conflict", variableTaken},
		{"a variable that can't be is invalid", variableInvalid},
		{"a variable is masked only when its value can be", variableMasked},
		{"a deleted variable is gone, its other scopes are not", variableDeleted},
	}
}

func newVariable(key, scope string) scm.NewVariable {
	return scm.NewVariable{
		Variable: scm.Variable{Key: key, Scope: scope, Type: "env_var", Description: "Made by a test."}, Value: "not\na secret",
	}
}

func variableFound(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	file := newVariable("KUBE_CONFIG", "prod/*")
	file.Type, file.Protected, file.Raw, file.Description = "file", true, true, ""
	plain := newVariable("ROLE", "*")
	plain.Description = strings.Repeat("ü", 255)
	empty := newVariable("_", "a ${b}.c-d")
	empty.Value = ""
	for _, n := range []scm.NewVariable{file, plain, empty} {
		made, err := h.Client.CreateVariable(t.Context(), p.ID, n)
		ok(t, "creating "+n.Key, err)
		found, err := h.Client.Variable(t.Context(), p.ID, n.Key, n.Scope)
		ok(t, "finding "+n.Key, err)
		for _, got := range []scm.Variable{made, found} {
			if diff := cmp.Diff(n.Variable, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", n.Key, diff)
			}
		}
	}
	short, err := h.Client.CreateVariable(t.Context(), p.ID, scm.NewVariable{Variable: scm.Variable{Key: "SHORT"}, Value: "x"})
	ok(t, "creating with what is usual", err)
	if diff := cmp.Diff(scm.Variable{Key: "SHORT", Scope: "*", Type: "env_var"}, short); diff != "" {
		t.Errorf("what is usual (-want +got):\n%s", diff)
	}
	_, err = h.Client.Variable(t.Context(), p.ID, "SHORT", "")
	ok(t, "finding it", err)
	for key, scope := range map[string]string{"ROLE": "prod", "KUBE_CONFIG": "*", "role": "*", "MISSING": "*"} {
		_, err := h.Client.Variable(t.Context(), p.ID, key, scope)
		want(t, "finding "+key+" of "+scope, err, errs.NotFound)
	}
	_, err = h.Client.Variable(t.Context(), 987654321, "ROLE", "*")
	want(t, "finding in an unknown project", err, errs.NotFound)
}

func variableTaken(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for _, scope := range []string{"*", "dev", "prod"} {
		_, err := h.Client.CreateVariable(t.Context(), p.ID, newVariable("ROLE", scope))
		ok(t, "creating for "+scope, err)
	}
	_, err := h.Client.CreateVariable(t.Context(), p.ID, newVariable("ROLE", "prod"))
	want(t, "creating again", err, errs.Conflict)
	found, err := h.Client.Variable(t.Context(), p.ID, "ROLE", "dev")
	ok(t, "finding one of several", err)
	if found.Scope != "dev" {
		t.Errorf("found %+v", found)
	}
	hidden := newVariable("HIDDEN", "*")
	hidden.Value, hidden.Masked, hidden.Hidden = "maskable-value", true, true
	made, err := h.Client.CreateVariable(t.Context(), p.ID, hidden)
	ok(t, "creating a hidden one", err)
	if diff := cmp.Diff(hidden.Variable, made); diff != "" {
		t.Errorf("hidden (-want +got):\n%s", diff)
	}
}

func variableInvalid(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for _, key := range []string{"", "A B", "A-B", "A/B", "..", ".", "Ü", "A\x00", "A?x=1", strings.Repeat("A", 256)} {
		_, err := h.Client.CreateVariable(t.Context(), p.ID, newVariable(key, "*"))
		want(t, fmt.Sprintf("creating %q", key), err, errs.Invalid)
		_, err = h.Client.Variable(t.Context(), p.ID, key, "*")
		want(t, fmt.Sprintf("finding %q", key), err, errs.Invalid)
		want(t, fmt.Sprintf("deleting %q", key), h.Client.DeleteVariable(t.Context(), p.ID, key, "*"), errs.Invalid)
	}
	for doing, change := range map[string]func(*scm.NewVariable){
		"an unknown type":       func(n *scm.NewVariable) { n.Type = "secret" },
		"a scope that can't be": func(n *scm.NewVariable) { n.Scope = "prod?" },
		"a long scope":          func(n *scm.NewVariable) { n.Scope = strings.Repeat("a", 256) },
		"a long description":    func(n *scm.NewVariable) { n.Description = strings.Repeat("ü", 256) },
		"a long value":          func(n *scm.NewVariable) { n.Value = strings.Repeat("a", 10_001) },
	} {
		n := newVariable("ROLE", "*")
		change(&n)
		_, err := h.Client.CreateVariable(t.Context(), p.ID, n)
		want(t, "creating one with "+doing, err, errs.Invalid)
	}
	_, err := h.Client.CreateVariable(t.Context(), 987654321, newVariable("ROLE", "*"))
	want(t, "creating in an unknown project", err, errs.NotFound)
	_, err = h.WrongToken.CreateVariable(t.Context(), p.ID, newVariable("ROLE", "*"))
	want(t, "creating with a wrong token", err, errs.Unauthenticated)
}

func variableMasked(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for i, value := range []string{"", "short", "has a blank", "two\nlines123", "größe-über-acht", "dollar$sign"} {
		n := newVariable(fmt.Sprint("A", i), "*")
		n.Value, n.Masked = value, true
		_, err := h.Client.CreateVariable(t.Context(), p.ID, n)
		want(t, fmt.Sprintf("masking %q", value), err, errs.Invalid)
		if value != "" && strings.Contains(errs.Message(err), value) {
			t.Errorf("%q tells the value", errs.Message(err))
		}
	}
	for i, value := range []string{"abc_+=/@:.~-1", strings.Repeat("a", 8)} {
		n := newVariable(fmt.Sprint("B", i), "*")
		n.Value, n.Masked = value, true
		made, err := h.Client.CreateVariable(t.Context(), p.ID, n)
		ok(t, fmt.Sprintf("masking %q", value), err)
		if !made.Masked {
			t.Errorf("made %+v", made)
		}
	}
	n := newVariable("RAW", "*")
	n.Value, n.Masked, n.Raw = "dollar$sign", true, true
	_, err := h.Client.CreateVariable(t.Context(), p.ID, n)
	ok(t, "masking what is not expanded", err)
}

func variableDeleted(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for _, scope := range []string{"dev", "prod"} {
		_, err := h.Client.CreateVariable(t.Context(), p.ID, newVariable("ROLE", scope))
		ok(t, "creating for "+scope, err)
	}
	for range 2 {
		ok(t, "deleting", h.Client.DeleteVariable(t.Context(), p.ID, "ROLE", "dev"))
	}
	ok(t, "deleting where there is none", h.Client.DeleteVariable(t.Context(), p.ID, "ROLE", "*"))
	_, err := h.Client.Variable(t.Context(), p.ID, "ROLE", "dev")
	want(t, "finding it", err, errs.NotFound)
	_, err = h.Client.Variable(t.Context(), p.ID, "ROLE", "prod")
	ok(t, "finding the other", err)
	ok(t, "deleting in an unknown project", h.Client.DeleteVariable(t.Context(), 987654321, "ROLE", "prod"))
}
