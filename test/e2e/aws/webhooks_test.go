package aws

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

const hookPath = "/webhooks/gitlab"

// deliver sends what GitLab would, with these headers beside the usual ones.
func (s *stack) deliver(t *testing.T, body []byte, headers ...string) answer {
	t.Helper()
	h := http.Header{"Content-Type": {"application/json"}, "X-Gitlab-Event": {"Pipeline Hook"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	got, err := s.portal.send(t.Context(), http.MethodPost, hookPath, body, h)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func badDeliveries(t *testing.T, s *stack) {
	pipeline, err := events.Sample("gitlab/pipeline.json")
	if err != nil {
		t.Fatal(err)
	}
	unknown := []byte(`{"object_kind":"wiki_page","project":{"id":1}}`)
	for _, c := range []struct {
		name    string
		body    []byte
		headers []string
		status  int
		outcome webhooks.Status
	}{
		{"without a proof", pipeline, nil, http.StatusUnauthorized, ""},
		{"with a wrong token", pipeline, []string{"X-Gitlab-Token", hookToken + "x"}, http.StatusUnauthorized, ""},
		{"with our token and a wrong signature", pipeline, []string{
			"X-Gitlab-Token", hookToken, "Webhook-Id", "1", "Webhook-Timestamp", "1", "Webhook-Signature", "v1,AAAA",
		}, http.StatusUnauthorized, ""},
		{"that is no JSON", []byte("{"), []string{"X-Gitlab-Token", hookToken}, http.StatusBadRequest, ""},
		{"that is too large", bytes.Repeat([]byte(" "), webhooks.MaxBody+1), []string{"X-Gitlab-Token", hookToken}, http.StatusRequestEntityTooLarge, ""},
		{"of an unknown event", unknown, []string{"X-Gitlab-Token", hookToken}, http.StatusOK, webhooks.Ignored},
		{"of a project that is not ours", pipeline, []string{"X-Gitlab-Token", hookToken, "Idempotency-Key", "e2e-1"}, http.StatusOK, webhooks.Accepted},
		{"made once more", pipeline, []string{"X-Gitlab-Token", hookToken, "Idempotency-Key", "e2e-1"}, http.StatusOK, webhooks.Duplicate},
	} {
		got := s.deliver(t, c.body, c.headers...)
		if got.Status != c.status || got.Header.Get("X-Slipway-Delivery") != string(c.outcome) {
			t.Errorf("a delivery %s: %d %q, want %d %q: %.300s", c.name, got.Status, got.Header.Get("X-Slipway-Delivery"), c.status, c.outcome, got.Body)
		}
	}
	if got := s.portal.ask(t, http.MethodGet, hookPath, nil); got.Status != http.StatusNotFound {
		t.Errorf("reading the webhook's address: %d", got.Status)
	}
}

// push changes a created application's descriptor, as its owners would.
func push(t *testing.T, s *stack) {
	project, err := s.scm.Project(t.Context(), "apps/orders")
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.scm.File(t.Context(), project.ID, "catalog-info.yaml", "main")
	if err != nil || !bytes.Contains(file.Content, []byte("Takes orders")) {
		t.Fatalf("%s, %v", file.Content, err)
	}
	changed := bytes.ReplaceAll(file.Content, []byte("Takes orders"), []byte("Takes and ships orders"))
	_, err = s.scm.Commit(t.Context(), project.ID, scm.NewCommit{
		Branch: "main", Message: "Say what it does [skip ci]",
		Changes: []scm.Change{{Action: scm.UpdateFile, Path: "catalog-info.yaml", Content: changed}},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pushed description in the catalog", func() (bool, string) {
		got := s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-name/component/default/orders", nil)
		return strings.Contains(string(got.Body), "Takes and ships orders"), string(got.Body)
	})
}
