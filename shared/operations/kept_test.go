package operations_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

const week = 7 * 24 * time.Hour

// given accepts an operation with secrets and begins it.
func (b *bench) given(t *testing.T, secrets map[string]string) string {
	t.Helper()
	o, err := b.ops.Accept(as("user:default/ann"), withSecrets(secrets))
	if err != nil {
		t.Fatal(err)
	}
	b.begin(t, o.ID)
	return o.ID
}

// plans records a plan of one effect that hands a text to the outside.
func (b *bench) plans(t *testing.T, id, text string) {
	t.Helper()
	params, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := operations.NewPlan([]operations.Effect{{ID: "e", Kind: "thing", Target: "x", Params: params}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.SetPlan(t.Context(), id, plan); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) park(t *testing.T, id string) *operations.Operation {
	t.Helper()
	o, err := b.ledger.Park(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *bench) revealed(t *testing.T, id string, names ...string) string {
	t.Helper()
	var text strings.Builder
	for _, name := range names {
		text.WriteString(operations.SecretReference(name) + " ")
	}
	got, err := b.ops.Reveal(t.Context(), id, text.String())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(got)
}

// pointers gives what is wrong with a retry, in one text.
func pointers(err error) string {
	var list []string
	for _, f := range errs.Fields(err) {
		list = append(list, f.Pointer)
	}
	return strings.Join(list, " ")
}

// What a parked operation needs to be taken up again stays sealed, for as long as its record
// says.
func TestAParkedOperationKeepsItsSecretsForARetry(t *testing.T) {
	t.Parallel()
	stored := &witness{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	begun := b.clock.Now()
	id := b.given(t, map[string]string{"given": "canary-given"})
	b.clock.Advance(time.Hour)
	if err := b.ops.KeepSecret(t.Context(), id, "made", "canary-made"); err != nil {
		t.Fatal(err)
	}
	b.plans(t, id, operations.SecretReference("given")+operations.SecretReference("made"))
	o := b.park(t, id)
	if diff := cmp.Diff([]string{"given", "made"}, o.Sealed); diff != "" || o.SealedUntil == nil || !o.SealedUntil.Equal(begun.Add(week)) {
		t.Errorf("until %v\n%s", o.SealedUntil, diff)
	}
	if want, got := "log [ ] Its secrets stay sealed for a retry until 2026-05-11T03:02:01Z", told(b.log(t, id)); got[len(got)-2] != want {
		t.Errorf("%q", got)
	}
	b.clock.Advance(6 * 24 * time.Hour)
	o = b.retry(t, id)
	if !o.SealedUntil.Equal(b.clock.Now().Add(week)) {
		t.Errorf("the retry may lose them on its way: %v", o.SealedUntil)
	}
	b.begin(t, id)
	b.clock.Advance(3 * 24 * time.Hour)
	if got := b.revealed(t, id, "given", "made"); got != "canary-given canary-made" {
		t.Errorf("revealed %q", got)
	}
	if o, err := b.ops.Succeed(t.Context(), id, nil); err != nil || o.Sealed != nil || o.SealedUntil != nil || len(o.Secrets) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	if left := b.secretItems(t, id); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	if bytes.Contains(stored.all.Bytes(), []byte("canary")) {
		t.Error("a secret was stored in clear")
	}
}

// The time of what a parked operation kept is over: a retry says what has to be given again,
// and changes nothing until it is.
func TestARetrySaysWhichSecretsAreMissingBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	all, one := "/secrets/a /secrets/b", "/secrets/b"
	for name, c := range map[string]struct {
		end    func(*testing.T, *bench, string)
		plan   string // "" for none
		passes time.Duration
		given  map[string]string
		want   string // the pointers of what is wrong
	}{
		"parked in time":               {parks, operations.SecretReference("b"), week - time.Second, nil, ""},
		"parked, one given anew":       {parks, "", 0, map[string]string{"a": "anew"}, ""},
		"parked too long ago":          {parks, "", week, nil, all},
		"parked, some given":           {parks, "", week, map[string]string{"a": "anew"}, one},
		"parked, planned with one":     {parks, operations.SecretReference("b"), week, nil, one},
		"parked, planned with none":    {parks, "nothing", week, nil, ""},
		"planned with what it makes":   {parks, operations.SecretReference("made"), week, nil, ""},
		"failed before it was planned": {fails, "", 0, nil, all},
		"failed, all given":            {fails, "", 0, map[string]string{"a": "anew", "b": "anew"}, ""},
		"failed, one more given":       {fails, "", 0, map[string]string{"a": "anew", "b": "anew", "c": "new"}, ""},
		"failed, planned with one":     {fails, operations.SecretReference("b"), 0, map[string]string{"a": "anew"}, one},
		"failed, what it needs given":  {fails, operations.SecretReference("b"), 0, map[string]string{"b": "anew"}, ""},
		"planned without what is new":  {fails, "nothing", 0, map[string]string{"c": "new"}, "/secrets/c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.given(t, map[string]string{"a": "canary", "b": "canary"})
			if c.plan != "" {
				b.plans(t, id, c.plan)
			}
			c.end(t, b, id)
			b.clock.Advance(c.passes)
			o, err := b.ops.Retry(as("user:default/ann"), id, c.given)
			if diff := cmp.Diff(c.want, pointers(err)); diff != "" || (c.want == "") != (err == nil) || err != nil && !errors.Is(err, errs.Invalid) {
				t.Fatalf("%v\n%s", err, diff)
			}
			if err != nil {
				refusedClean(t, b, id, err)
				return
			}
			b.begin(t, id)
			for name, value := range c.given {
				if got := b.revealed(t, id, name); got != value {
					t.Errorf("%s is %q", name, got)
				}
			}
			if o.Attempt != 1 || len(o.Secrets) < 2 {
				t.Errorf("%+v", o)
			}
		})
	}
}

func parks(t *testing.T, b *bench, id string) { b.park(t, id) }
func fails(t *testing.T, b *bench, id string) { b.compensate(t, id) }

// refusedClean makes sure that a refused retry has begun nothing, and tells no values.
func refusedClean(t *testing.T, b *bench, id string, refusal error) {
	t.Helper()
	if o, err := b.ops.Get(t.Context(), id); err != nil || !o.Status.Ended() || o.Attempt != 0 || len(b.runs.started) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	if text := refusal.Error() + errs.Explain(refusal); strings.Contains(text, "canary") || strings.Contains(text, "anew") {
		t.Errorf("a value is told: %s", text)
	}
}

func TestARetryTakesNoMoreSecretsThanAnOperationHas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.given(t, map[string]string{"a": "v"})
	b.park(t, id)
	more := map[string]string{}
	for i := range 64 {
		more[strings.Repeat("s", i+1)] = "v"
	}
	if _, err := b.ops.Retry(as("user:default/ann"), id, more); !errors.Is(err, errs.TooLarge) {
		t.Errorf("65 secrets: %v", err)
	}
	if _, err := b.ops.Retry(as("user:default/ann"), id, map[string]string{"no name": "x"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("a name that is none: %v", err)
	}
}
