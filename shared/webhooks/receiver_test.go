package webhooks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/test/inmemory"
)

var noon = time.Date(2026, 11, 20, 13, 4, 0, 0, time.UTC)

type rig struct {
	*webhooks.Receiver
	t     *testing.T
	table table.Table
	clock *clock.Manual
	log   *bytes.Buffer
}

func newRig(t *testing.T, wrap func(table.Table) table.Table) rig {
	t.Helper()
	clk := clock.NewManual(noon)
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: clk, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("deliveries")
	if err != nil {
		t.Fatal(err)
	}
	used := tab
	if wrap != nil {
		used = wrap(tab)
	}
	var log bytes.Buffer
	r, err := webhooks.NewReceiver(webhooks.Deps{
		Table: used, Secrets: webhooks.Secrets{Tokens: []string{"token"}}, Clock: clk, Logger: logging.New(&log, slog.LevelInfo),
	})
	if err != nil {
		t.Fatal(err)
	}
	return rig{r, t, tab, clk, &log}
}

func (r rig) send(name string, headers webhooks.Headers) (webhooks.Outcome, error) {
	r.t.Helper()
	body, err := samples.Sample("gitlab/" + name + ".json")
	if err != nil {
		r.t.Fatal(err)
	}
	all := webhooks.Headers{"X-Gitlab-Token": {"token"}}
	maps.Copy(all, headers)
	ctx := correlation.With(r.t.Context(), correlation.IDs{RequestID: "req-1"})
	return r.Receive(ctx, webhooks.Delivery{Headers: all, Body: body})
}

// published gives the events of the outbox.
func (r rig) published() []bus.Event {
	r.t.Helper()
	page, err := r.table.Query(r.t.Context(), table.Query{PK: outbox.Partition})
	if err != nil {
		r.t.Fatal(err)
	}
	var out []bus.Event
	for _, i := range page.Items {
		e, err := outbox.Event(i)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestADeliveryBecomesOneEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key := webhooks.Headers{"Idempotency-Key": {"f5e5f430"}}
	first, err := r.send("push", key)
	if err != nil || first.Status != webhooks.Accepted || first.Kind != "push" {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := r.send("push", key)
	if err != nil || again.Status != webhooks.Duplicate || again.EventID != first.EventID {
		t.Fatalf("%+v %v", again, err)
	}
	all := r.published()
	if len(all) != 1 {
		t.Fatalf("%d events", len(all))
	}
	push, err := webhooks.PushOf(all[0])
	if err != nil || push.Project.ID != 4711 || !push.OnDefaultBranch() {
		t.Errorf("%+v %v", push, err)
	}
	all[0].Data = nil
	want := bus.Event{
		SpecVersion: "1.0", ID: first.EventID, Source: "slipway.webhooks", Type: "slipway.gitlab.push.v1",
		Subject: "project/4711", Time: noon, DataContentType: "application/json", RequestID: "req-1",
	}
	if d := cmp.Diff(want, all[0]); d != "" {
		t.Error(d)
	}
}

func TestWhatCountsAsTheSameDelivery(t *testing.T) {
	t.Parallel()
	type h = webhooks.Headers
	for name, c := range map[string]struct {
		first, second         h
		firstName, secondName string
		duplicate             bool
	}{
		"other key":                         {h{"Idempotency-Key": {"1"}}, h{"Idempotency-Key": {"2"}}, "push", "push", false},
		"same key, other body":              {h{"Idempotency-Key": {"1"}}, h{"Idempotency-Key": {"1"}}, "push", "pipeline", true},
		"the key is also called webhook-id": {h{"Idempotency-Key": {"1"}}, h{"Webhook-Id": {"1"}}, "push", "push", true},
		"no ids, same body":                 {h{}, h{}, "push", "push", true},
		"no ids, other body":                {h{}, h{}, "push", "tag_push", false},
		"same request to GitLab, two jobs":  {h{"X-Gitlab-Event-Uuid": {"u"}}, h{"X-Gitlab-Event-Uuid": {"u"}}, "pipeline", "pipeline-failed", false},
		"same request to GitLab, same body": {h{"X-Gitlab-Event-Uuid": {"u"}}, h{"X-Gitlab-Event-Uuid": {"u"}}, "job", "job", true},
		"other request, same body":          {h{"X-Gitlab-Event-Uuid": {"u"}}, h{"X-Gitlab-Event-Uuid": {"v"}}, "project_update", "project_update", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			if _, err := r.send(c.firstName, c.first); err != nil {
				t.Fatal(err)
			}
			out, err := r.send(c.secondName, c.second)
			if err != nil || (out.Status == webhooks.Duplicate) != c.duplicate {
				t.Errorf("%+v %v", out, err)
			}
			want := 2
			if c.duplicate {
				want = 1
			}
			if got := len(r.published()); got != want {
				t.Errorf("%d events", got)
			}
		})
	}
}

func TestDeliveriesAreForgottenAfterTwoWeeks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first, err := r.send("push", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(14*24*time.Hour - time.Second)
	if out, err := r.send("push", nil); err != nil || out.Status != webhooks.Duplicate {
		t.Errorf("just before: %+v %v", out, err)
	}
	r.clock.Advance(2 * time.Second)
	if out, err := r.send("push", nil); err != nil || out.Status != webhooks.Accepted || out.EventID != first.EventID {
		t.Errorf("after: %+v %v", out, err)
	}
}

func TestConcurrentRepetitionsMakeOneEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var wg sync.WaitGroup
	outcomes := make([]webhooks.Status, 16)
	for i := range outcomes {
		wg.Go(func() {
			out, err := r.send("pipeline", webhooks.Headers{"Idempotency-Key": {"k"}})
			if err != nil {
				t.Error(err)
			}
			outcomes[i] = out.Status
		})
	}
	wg.Wait()
	accepted := 0
	for _, s := range outcomes {
		if s == webhooks.Accepted {
			accepted++
		}
	}
	if accepted != 1 || len(r.published()) != 1 {
		t.Errorf("accepted %d times, %d events", accepted, len(r.published()))
	}
}

func TestWhatIsRefusedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	good := webhooks.Headers{"X-Gitlab-Token": {"token"}}
	for name, c := range map[string]struct {
		headers webhooks.Headers
		body    string
		want    errs.Kind
	}{
		"wrong token":               {webhooks.Headers{"X-Gitlab-Token": {"x"}}, `{"object_kind":"push"}`, errs.Unauthenticated},
		"wrong token and malformed": {webhooks.Headers{"X-Gitlab-Token": {"x"}}, `{`, errs.Unauthenticated},
		"malformed":                 {good, `{`, errs.Invalid},
		"lacking":                   {good, `{"object_kind":"push","project_id":1}`, errs.Invalid},
		"oversized":                 {good, strings.Repeat(" ", webhooks.MaxBody+1), errs.TooLarge},
		"unknown kind":              {good, `{"object_kind":"wiki_page\u001b[2J"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			out, err := r.Receive(t.Context(), webhooks.Delivery{Headers: c.headers, Body: []byte(c.body)})
			if errs.KindOf(err) != c.want || (err == nil && out.Status != webhooks.Ignored) {
				t.Errorf("%+v %v", out, err)
			}
			if n := len(r.published()); n != 0 {
				t.Errorf("%d events", n)
			}
			if err == nil && !strings.Contains(r.log.String(), `"kind":"wiki_page[2J"`) {
				t.Errorf("the log: %s", r.log)
			}
		})
	}
}

// failing is a table whose transactions fail.
type failing struct {
	table.Table
	err error
}

func (f failing) Transact(context.Context, []table.Write) error { return f.err }

func TestStorageThatFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ err, want error }{
		{errs.New(errs.Unavailable, "down"), errs.Unavailable},
		{errs.New(errs.RateLimited, "slow down"), errs.RateLimited},
		{errs.New(errs.Invalid, "the table is gone"), errs.Unavailable},
		{&table.ConditionError{Index: 1}, errs.Unavailable},
		{errors.New("disk"), errs.Unavailable},
	} {
		r := newRig(t, func(inner table.Table) table.Table { return failing{inner, c.err} })
		if _, err := r.send("push", nil); errs.KindOf(err) != c.want {
			t.Errorf("%v: got %v", c.err, err)
		}
	}
}

func TestSecretsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	rec, err := webhooks.NewReceiver(webhooks.Deps{Table: r.table, Secrets: noSecrets{}, Clock: r.clock, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Receive(t.Context(), webhooks.Delivery{}); !errors.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := webhooks.NewReceiver(webhooks.Deps{}); !errors.Is(err, errs.Invalid) {
		t.Errorf("without parts: %v", err)
	}
}

type noSecrets struct{}

func (noSecrets) WebhookSecrets(context.Context) (webhooks.Secrets, error) {
	return webhooks.Secrets{}, fmt.Errorf("reading: %w", errs.New(errs.Unavailable, "the secret can't be read"))
}
