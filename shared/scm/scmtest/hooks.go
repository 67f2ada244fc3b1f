package scmtest

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func hookParts() []part {
	return []part{
		{"hooks are created, listed and deleted", hookLifecycle},
		{"a hook without a usable URL is invalid", badHook},
	}
}

func newHook(h Harness, name string) scm.NewHook {
	return scm.NewHook{Name: name, URL: h.HookURL, Token: "hook-secret-token", InsecureTLS: true}
}

func hookLifecycle(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	var ids []int64
	for _, name := range []string{"slipway-op-1", "slipway-op-2", "slipway-op-1"} {
		made, err := h.Client.CreateHook(t.Context(), p.ID, newHook(h, name))
		ok(t, "creating a hook", err)
		if made.Name != name || made.URL != h.HookURL || made.Disabled {
			t.Errorf("created %+v", made)
		}
		ids = append(ids, made.ID)
	}
	hooks, err := h.Client.Hooks(t.Context(), p.ID)
	ok(t, "listing", err)
	if len(hooks) != 3 {
		t.Fatalf("listed %+v", hooks)
	}
	for range 2 {
		ok(t, "deleting", h.Client.DeleteHook(t.Context(), p.ID, ids[1]))
	}
	hooks, err = h.Client.Hooks(t.Context(), p.ID)
	ok(t, "listing", err)
	if got := names(hooks, func(h scm.Hook) string { return h.Name }); got != "[slipway-op-1 slipway-op-1]" {
		t.Errorf("left are %s", got)
	}
}

func badHook(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for _, url := range []string{"", "not a url", "ftp://example.com/x", "https://example.com/hook"} {
		n := newHook(h, "x")
		n.URL = url
		_, err := h.Client.CreateHook(t.Context(), p.ID, n) // the last one is not loopback and skips certificates
		want(t, "creating a hook to "+url, err, errs.Invalid)
	}
	_, err := h.Client.Hooks(t.Context(), 987654321)
	want(t, "listing the hooks of an unknown project", err, errs.NotFound)
}
