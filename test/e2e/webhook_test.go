package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// proofs are the secrets that GitLab proves its deliveries with.
type proofs struct{ WebhookToken, WebhookSigning string }

func (w *world) proofs(t *testing.T) proofs {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p proofs
	if err := json.Unmarshal(raw, &p); err != nil || p.WebhookToken == "" {
		t.Fatalf("%v in %s", err, raw)
	}
	return p
}

// signed gives the headers of a delivery as GitLab signs it (Standard Webhooks).
func (p proofs) signed(t *testing.T, id string, at time.Time, body string) map[string]string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.WebhookSigning, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return map[string]string{
		"Webhook-Id": id, "Webhook-Timestamp": stamp, "X-Gitlab-Token": p.WebhookToken,
		"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// pipelineNews is what GitLab would say of a pipeline.
func pipelineNews(t *testing.T, project, pipeline int64, status string) string {
	t.Helper()
	raw, err := samples.Sample("gitlab/pipeline.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	doc["object_attributes"].(map[string]any)["id"] = pipeline
	doc["object_attributes"].(map[string]any)["status"] = status
	doc["project"].(map[string]any)["id"] = project
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func with(headers map[string]string, changes ...string) map[string]string {
	out := maps.Clone(headers)
	for i := 0; i < len(changes); i += 2 {
		out[changes[i]] = changes[i+1]
	}
	return out
}

// TestDeliveriesThatAreRefused sends what cannot come from GitLab, or is nothing that it
// sends: nothing of it is stored.
func TestDeliveriesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seeded(t).stop(t)
	writes := newBomb("", 0, false)
	p := w.start(t, writes.layers())
	defer p.stop(t)
	writes.arm()
	const unproven = "the delivery does not prove that it comes from GitLab"
	ours, body := w.proofs(t), pipelineNews(t, 1, 1, "success")
	good := ours.signed(t, "msg-1", time.Now(), body)
	token := map[string]string{"X-Gitlab-Token": ours.WebhookToken}
	for name, tt := range map[string]struct {
		headers map[string]string
		body    string
		status  int
		detail  string
	}{
		"nothing to prove it":                 {nil, body, 401, unproven},
		"another token":                       {map[string]string{"X-Gitlab-Token": "guess"}, body, 401, unproven},
		"an empty token":                      {map[string]string{"X-Gitlab-Token": ""}, body, 401, unproven},
		"a part of the token":                 {map[string]string{"X-Gitlab-Token": ours.WebhookToken[:20]}, body, 401, unproven},
		"a token as bearer":                   {map[string]string{"Authorization": "Bearer " + ours.WebhookToken}, body, 401, unproven},
		"another body than signed":            {good, strings.Replace(body, "success", "failed ", 1), 401, unproven},
		"another id than signed":              {with(good, "Webhook-Id", "msg-2"), body, 401, unproven},
		"another time than signed":            {with(good, "Webhook-Timestamp", strconv.FormatInt(time.Now().Unix()-1, 10)), body, 401, unproven},
		"a bad signature and the right token": {with(good, "Webhook-Signature", "v1,AAAA"), body, 401, unproven},
		"a signature of no version we know":   {with(good, "Webhook-Signature", strings.Replace(good["Webhook-Signature"], "v1,", "v2,", 1)), body, 401, unproven},
		"a signature without an id":           {with(good, "Webhook-Id", ""), body, 401, unproven},
		"an old delivery":                     {ours.signed(t, "msg-3", time.Now().Add(-10*time.Minute), body), body, 401, unproven},
		"a delivery from the future":          {ours.signed(t, "msg-4", time.Now().Add(10*time.Minute), body), body, 401, unproven},
		"too large":                           {token, `{"object_kind":"push","x":"` + strings.Repeat("x", webhooks.MaxBody) + `"}`, 413, "the body is larger than 5242880 bytes"},
		"no body":                             {token, "", 400, "the delivery's body is not acceptable JSON: not one JSON value"},
		"not JSON":                            {token, "object_kind=push", 400, "the delivery's body is not acceptable JSON: not one JSON value"},
		"nested without end":                  {token, strings.Repeat(`{"a":`, 1000), 400, "the delivery's body is not acceptable JSON: nested too deeply"},
		"about nothing":                       {token, `{"project":{"id":1}}`, 400, "the delivery does not say what it is about"},
		"a pipeline without an id":            {token, `{"object_kind":"pipeline","project":{"id":1},"object_attributes":{"ref":"main","status":"success"}}`, 400, "the delivery lacks what it is about"},
	} {
		d := mustBeProblem(t, p.ask(t, http.MethodPost, "/webhooks/gitlab", tt.body, tt.headers), tt.status)
		if d.Detail != tt.detail {
			t.Errorf("%s: told %q, want %q", name, d.Detail, tt.detail)
		}
	}
	if stored := writes.counts()["deliveries"]; stored > 0 {
		t.Errorf("%d writes for deliveries that were refused", stored)
	}
}

// mustTake delivers and checks what became of it.
func mustTake(t *testing.T, p *process, headers map[string]string, body string, want webhooks.Status) {
	t.Helper()
	w := p.ask(t, http.MethodPost, "/webhooks/gitlab", body, headers)
	if got := w.Header().Get("X-Slipway-Delivery"); w.Code != http.StatusOK || got != string(want) || w.Body.Len() > 0 {
		t.Errorf("answered %d %q %s, want %s", w.Code, got, w.Body, want)
	}
}

// TestDeliveriesThatChangeNothing sends true deliveries that are late, repeated, out of
// order, about what is gone or was never there.
func TestDeliveriesThatChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seeded(t).stop(t)
	tables := map[string]table.Table{}
	p := w.start(t, layers{table: func(name string, tab table.Table) table.Table { tables[name] = tab; return tab }})
	defer p.stop(t)
	ours, o := w.proofs(t), p.create(t, "orders")
	project, err := p.SCM.Project(t.Context(), "apps/orders")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := p.SCM.PipelinesOf(t.Context(), project.ID, "main", 1)
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	p.create(t, "gone")
	gone, err := p.SCM.Project(t.Context(), "apps/gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SCM.DeleteProject(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	n := 0
	send := func(body string, want webhooks.Status) map[string]string {
		n++
		headers := ours.signed(t, fmt.Sprintf("msg-%d", n), time.Now(), body)
		mustTake(t, p, headers, body, want)
		return headers
	}
	for _, status := range []string{"failed", "pending", "success", "running", "canceled", "a status of tomorrow"} {
		body := pipelineNews(t, project.ID, runs[0].ID, status)
		headers := send(body, webhooks.Accepted)
		for range 3 {
			mustTake(t, p, headers, body, webhooks.Duplicate)
		}
	}
	send(pipelineNews(t, gone.ID, 2, "success"), webhooks.Accepted)
	send(pipelineNews(t, 99999, 99999, "failed"), webhooks.Accepted)
	send(pipelineNews(t, project.ID, 99999, "failed"), webhooks.Accepted)
	send(`{"object_kind":"deployment","project":{"id":1},"status":"success"}`, webhooks.Ignored)
	send(`{"object_kind":"something of tomorrow"}`, webhooks.Ignored)
	push := fmt.Sprintf(`{"object_kind":"push","ref":"refs/heads/main","before":"%040d","after":"%040d","project":{"id":%d,"path_with_namespace":"apps/gone"}}`, 1, 2, gone.ID)
	send(push, webhooks.Accepted)
	send(strings.ReplaceAll(push, "apps/gone", "apps/../../platform"), webhooks.Accepted)
	mustHaveDelivered(t, p, tables)
	if now, err := p.Operations.Get(t.Context(), o.ID); err != nil || now.Status != operations.Succeeded || !now.Updated.Equal(o.Updated) {
		t.Errorf("the operation has changed: %+v, %v", now, err)
	}
	mustBeComplete(t, p, "orders")
	mustBeAudited(t, p, o)
}

// mustHaveDelivered waits until every stored delivery has been published and handled, and
// holds that none became a dead letter.
func mustHaveDelivered(t *testing.T, p *process, tables map[string]table.Table) {
	t.Helper()
	empty := func(name, partition string) bool {
		page, err := tables[name].Query(t.Context(), table.Query{PK: partition, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items) == 0
	}
	deadline := time.Now().Add(patience)
	for !empty("deliveries", outbox.Partition) || !empty("bus", "QUEUE#ingest") {
		if time.Now().After(deadline) {
			t.Fatal("the deliveries are not handled")
		}
		time.Sleep(5 * time.Millisecond)
	}
	letters, err := p.DeadLetters(t.Context())
	if err != nil || letters["ingest"] > 0 || letters["audit"] > 0 {
		t.Errorf("dead letters: %v, %v", letters, err)
	}
}
