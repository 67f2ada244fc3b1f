package scmtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func hookParts() []part {
	return []part{
		{"hooks are created, listed and deleted", hookLifecycle},
		{"a hook without a usable URL is invalid", badHook},
		{"a hook is updated and keeps its secrets", hookUpdated},
		{"a hook that was switched off is enabled by a test", hookEnabled},
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

func hookUpdated(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	made, err := h.Client.CreateHook(t.Context(), p.ID, newHook(h, "slipway-op-1"))
	ok(t, "creating a hook", err)
	expected := scm.Hook{
		ID: made.ID, Name: "slipway-op-1", URL: h.HookURL, Status: "executable", Push: true, TagPush: true, Pipeline: true,
		HasToken: true, InsecureTLS: true,
	}
	if diff := cmp.Diff(expected, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	n := scm.NewHook{Name: "slipway", URL: h.HookURL + "/other", SigningToken: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
	for range 2 {
		expected.Name, expected.URL, expected.InsecureTLS, expected.HasSigningToken = n.Name, n.URL, false, true
		updated, err := h.Client.UpdateHook(t.Context(), p.ID, made.ID, n)
		ok(t, "updating", err)
		if diff := cmp.Diff(expected, updated); diff != "" {
			t.Errorf("updated (-want +got):\n%s", diff)
		}
		n.SigningToken = ""
	}
	listed, err := h.Client.Hooks(t.Context(), p.ID)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.Hook{expected}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	_, err = h.Client.UpdateHook(t.Context(), p.ID, 987654321, n)
	want(t, "updating an unknown hook", err, errs.NotFound)
	n.URL = "not a url"
	_, err = h.Client.UpdateHook(t.Context(), p.ID, made.ID, n)
	want(t, "updating to no URL", err, errs.Invalid)
}

// hookEnabled makes a receiver fail until GitLab switches its hook off.
func hookEnabled(t *testing.T, h Harness) {
	var status atomic.Int64
	status.Store(http.StatusInternalServerError)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	t.Cleanup(receiver.Close)
	p := create(t, h, "orders")
	n := newHook(h, "slipway")
	n.URL = receiver.URL
	hook, err := h.Client.CreateHook(t.Context(), p.ID, n)
	ok(t, "creating a hook", err)
	_, err = h.Client.EnableHook(t.Context(), p.ID, hook.ID)
	want(t, "enabling without a commit to test with", err, errs.Invalid)
	for i := range 4 {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Add [skip ci]", Changes: []scm.Change{
			{Action: scm.CreateFile, Path: fmt.Sprint("f", i)},
		}})
		ok(t, "committing", err)
	}
	read := func() scm.Hook {
		list, err := h.Client.Hooks(t.Context(), p.ID)
		ok(t, "listing", err)
		return list[0]
	}
	eventually(t, "the hook is switched off", func() bool { return read().Disabled })
	if off := read(); off.Status != "temporarily_disabled" || off.Until.IsZero() {
		t.Errorf("switched off it is %+v", off)
	}
	_, err = h.Client.EnableHook(t.Context(), p.ID, hook.ID)
	want(t, "enabling while the receiver fails", err, errs.Invalid)
	status.Store(http.StatusAccepted)
	on, err := h.Client.EnableHook(t.Context(), p.ID, hook.ID)
	ok(t, "enabling", err)
	if diff := cmp.Diff(hook, on); diff != "" {
		t.Errorf("enabled (-want +got):\n%s", diff)
	}
	_, err = h.Client.EnableHook(t.Context(), p.ID, 987654321)
	want(t, "enabling an unknown hook", err, errs.NotFound)
}
