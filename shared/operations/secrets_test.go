package operations_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// witness keeps everything that was ever written to a table.
type witness struct {
	table.Table
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *witness) Transact(ctx context.Context, writes []table.Write) error {
	w.mu.Lock()
	for _, write := range writes {
		fmt.Fprintf(&w.all, "%s %s %s\n", write.Item.PK, write.Item.SK, write.Item.Body)
	}
	w.mu.Unlock()
	return w.Table.Transact(ctx, writes)
}

func withSecrets(secrets map[string]string) operations.Request {
	r := make1("")
	r.Secrets = secrets
	return r
}

// secretItems gives the keys of the sealed secrets of an operation.
func (b *bench) secretItems(t *testing.T, id string) []string {
	t.Helper()
	page, err := b.table.Query(t.Context(), table.Query{PK: "OP#" + id, Prefix: "SECRET#"})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, item := range page.Items {
		keys = append(keys, strings.TrimPrefix(item.SK, "SECRET#"))
		if item.Expires.IsZero() {
			t.Errorf("%s stays for ever if the operation never ends", item.SK)
		}
	}
	return keys
}

func TestSecretsAreSealedAndRevealedUntilTheEnd(t *testing.T) {
	t.Parallel()
	stored := &witness{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	given := operations.SecretReference("given")
	o, err := b.ops.Accept(as("user:default/ann"), withSecrets(map[string]string{"given": "hunter2", "tricky": "holds " + given}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.Begin(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"first-value", "second-value"} {
		if err := b.ops.KeepSecret(t.Context(), o.ID, "made", value); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"":                          "",
		"no reference":              "no reference",
		given:                       "hunter2",
		"a " + given + given + " b": "a hunter2hunter2 b",
		operations.SecretReference("made") + "/" + given: "second-value/hunter2",
		operations.SecretReference("tricky"):             "holds " + given,
		"⟦secret:⟧ ⟦secret:a b⟧ ⟦secret:given":           "⟦secret:⟧ ⟦secret:a b⟧ ⟦secret:given",
	} {
		if got, err := b.ops.Reveal(t.Context(), o.ID, text); err != nil || got != want {
			t.Errorf("%q is revealed as %q, %v", text, got, err)
		}
	}
	if diff := cmp.Diff([]string{"given", "made", "tricky"}, b.secretItems(t, o.ID)); diff != "" {
		t.Error(diff)
	}
	if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
		t.Fatal(err)
	}
	if left := b.secretItems(t, o.ID); len(left) > 0 {
		t.Errorf("%v are left of an operation that has ended", left)
	}
	if _, err := b.ops.Reveal(t.Context(), o.ID, given); !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), `"given"`) {
		t.Errorf("after the end: %v", err)
	}
	for _, value := range []string{"hunter2", "first-value", "second-value"} {
		if bytes.Contains(stored.all.Bytes(), []byte(value)) {
			t.Errorf("%s was stored in clear", value)
		}
	}
}

func TestSecretsEndWithTheirOperationHoweverItEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*bench, string) error{
		"failed": func(b *bench, id string) error {
			_, err := b.ledger.Compensate(context.Background(), id, &operations.Problem{Message: "no"})
			return err
		},
		"parked, retried and failed": func(b *bench, id string) error {
			if _, err := b.ledger.Park(context.Background(), id); err != nil {
				return err
			}
			if _, err := b.ops.Retry(as("user:default/bob"), id, nil); err != nil {
				return err
			}
			_, err := b.ledger.Compensate(context.Background(), id, &operations.Problem{Message: "no"})
			return err
		},
		"parked and cancelled": func(b *bench, id string) error {
			if _, err := b.ledger.Park(context.Background(), id); err != nil {
				return err
			}
			if _, err := b.ops.Cancel(as("user:default/bob"), id); err != nil {
				return err
			}
			_, err := b.ledger.Compensate(context.Background(), id, &operations.Problem{Message: "no"})
			return err
		},
		"cancelled": func(b *bench, id string) error {
			if _, err := b.ops.Cancel(as("user:default/bob"), id); err != nil {
				return err
			}
			_, err := b.ledger.Compensate(context.Background(), id, &operations.Problem{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			secrets := map[string]string{}
			for i := range 64 { // with as many as there may be, the end still fits into a transaction
				secrets[fmt.Sprintf("s%d", i)] = strings.Repeat("v", 16<<10)
			}
			o, err := b.ops.Accept(as("user:default/ann"), withSecrets(secrets))
			if err != nil {
				t.Fatal(err)
			}
			if err := end(b, o.ID); err != nil {
				t.Fatal(err)
			}
			if left := b.secretItems(t, o.ID); len(left) > 0 {
				t.Errorf("%v are left", left)
			}
		})
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	many := map[string]string{}
	for i := range 65 {
		many[fmt.Sprintf("s%d", i)] = "v"
	}
	for name, c := range map[string]struct {
		secrets map[string]string
		want    []string
	}{
		"too many":  {many, []string{"/secrets"}},
		"names":     {map[string]string{"": "v", "a/b~c": "v", "ok": "v", "⟦x⟧": "v"}, []string{"/secrets/", "/secrets/a~1b~0c", "/secrets/⟦x⟧"}},
		"too long":  {map[string]string{strings.Repeat("n", 129): "v"}, []string{"/secrets/" + strings.Repeat("n", 80) + "…"}},
		"too large": {map[string]string{"big": strings.Repeat("hunter2", 3000)}, []string{"/secrets/big"}},
	} {
		_, err := b.ops.Accept(as("user:default/ann"), withSecrets(c.secrets))
		var got []string
		for _, f := range errs.Fields(err) {
			got = append(got, f.Pointer)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, errs.Invalid) || strings.Contains(errs.Explain(err)+err.Error(), "hunter2") {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	o := b.running(t, "component:default/b")
	for i := range 64 {
		if err := b.ops.KeepSecret(t.Context(), o.ID, fmt.Sprintf("s%d", i), "v"); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		name, value string
		want        error
	}{
		"one more": {"more", "v", errs.TooLarge}, "one of them again": {"s1", "w", nil}, "no name": {"", "v", errs.Invalid}, "too large": {"s1", strings.Repeat("v", 17<<10), errs.Invalid},
	} {
		if err := b.ops.KeepSecret(t.Context(), o.ID, c.name, c.value); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ops.KeepSecret(t.Context(), o.ID, "late", "v"); !errors.Is(err, errs.Conflict) {
		t.Errorf("a secret of an operation that has ended: %v", err)
	}
}

// Somebody who can write to the table can't give one operation the secrets of another.
func TestASealedSecretBelongsToItsOperationAndName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.running(t, "component:default/a").ID, b.running(t, "component:default/b").ID
	if err := b.ops.KeepSecret(t.Context(), one, "token", "hunter2"); err != nil {
		t.Fatal(err)
	}
	item, err := b.table.Get(t.Context(), table.Key{PK: "OP#" + one, SK: "SECRET#token"})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []table.Key{{PK: "OP#" + two, SK: "SECRET#token"}, {PK: "OP#" + one, SK: "SECRET#other"}} {
		moved := item
		moved.Key = key
		if _, err := b.table.Put(t.Context(), moved, table.Always); err != nil {
			t.Fatal(err)
		}
	}
	for id, name := range map[string]string{two: "token", one: "other"} {
		if got, err := b.ops.Reveal(t.Context(), id, operations.SecretReference(name)); err == nil {
			t.Errorf("%s of %s is %q", name, id, got)
		}
	}
}

func TestWithoutAKeyThereAreNoSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/b")
	d := b.deps
	d.Sealer = nil
	keyless, err := operations.New(d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyless.Accept(as("user:default/ann"), withSecrets(map[string]string{"a": "v"})); !errors.Is(err, errs.Invalid) || errs.Fields(err)[0].Pointer != "/secrets" {
		t.Errorf("accept: %v", err)
	}
	if err := keyless.KeepSecret(t.Context(), o.ID, "a", "v"); !errors.Is(err, errs.Invalid) {
		t.Errorf("keep: %v", err)
	}
	if _, err := keyless.Reveal(t.Context(), o.ID, operations.SecretReference("a")); errs.KindOf(err) != errs.Internal {
		t.Errorf("reveal: %v", err)
	}
	if text, err := keyless.Reveal(t.Context(), o.ID, "plain"); err != nil || text != "plain" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestRevealTouchesNothingButReferences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	values := map[string]string{"a": "hunter2", "b.c-D_9": "⟦secret:a⟧", "empty": ""}
	for name, value := range values {
		if err := b.ops.KeepSecret(t.Context(), id, name, value); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		var text, want strings.Builder
		for range rapid.IntRange(0, 6).Draw(r, "pieces") {
			if rapid.Bool().Draw(r, "secret") {
				name := rapid.SampledFrom([]string{"a", "b.c-D_9", "empty"}).Draw(r, "name")
				text.WriteString(operations.SecretReference(name))
				want.WriteString(values[name])
				continue
			}
			plain := rapid.OneOf(rapid.SampledFrom([]string{"⟦secret:", "⟧", "⟦secret:⟧", "⟦secret:a b⟧", "\xff", "⟦"}), rapid.StringMatching(`[^⟦⟧]*`)).Draw(r, "plain") + " "
			text.WriteString(plain)
			want.WriteString(plain)
		}
		got, err := b.ops.Reveal(t.Context(), id, text.String())
		if err != nil || got != want.String() {
			r.Fatalf("%q is revealed as %q, %v", text.String(), got, err)
		}
	})
}
