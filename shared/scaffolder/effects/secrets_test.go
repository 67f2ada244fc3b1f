package effects_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

func TestSecretsAreRevealedToGitLabOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, given())
	b.make(t, op, variableEffects(t, b, op, p)[0])
	started := read[effects.PipelineResult](t, b.make(t, op, pipelineEffects(t, b, op, p)[0])[0])
	v := b.Admin.Do(t, "GET", fmt.Sprintf("/projects/%d/variables/KEY", p.ID), nil)
	if v["value"] != "a-secret-value" || v["masked"] != true || v["description"] != "(Slipway-Operation: "+op.ID+")" {
		t.Errorf("the variable is %v", v)
	}
	variables, err := b.Client.PipelineVariables(t.Context(), p.ID, started.ID)
	want := map[string]string{"TOKEN": "x-a-secret-value", "SLIPWAY_OPERATION": op.ID, "SLIPWAY_EFFECT": "p/pipeline"}
	if diff := cmp.Diff(want, variables); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
	b.holdsNo(t, op, "a-secret-value")
}

// holdsNo makes sure that a secret stands nowhere in an operation's record and ledger.
func (b *bench) holdsNo(t *testing.T, op operations.Ref, secret string) {
	t.Helper()
	o, err1 := b.ops.Get(t.Context(), op.ID)
	entries, err2 := b.ops.Ledger(t.Context(), op.ID)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal([]any{o, entries})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), secret) {
		t.Errorf("the secret stands in %s", body)
	}
}

func TestASecretThatIsNotThereStopsTheEffect(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	b.refused(t, op, variableEffects(t, b, op, p)[0], errs.Conflict, "given")
	b.refused(t, op, pipelineEffects(t, b, op, p)[0], errs.Conflict, "given")
	if n := countVariables(t, b, p) + countPipelines(t, b, p); n != 0 {
		t.Errorf("%d were made", n)
	}
}

func TestATokenIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, op := b.fresh(t, "orders"), b.begin(t, nil)
	e := tokenEffects(t, b, op, p)[0]
	b.make(t, op, e)
	value, err := b.ops.Reveal(t.Context(), op.ID, operations.SecretReference(effects.SecretName(e.ID)))
	if err != nil {
		t.Fatal(err)
	}
	client, err := gitlab.New(gitlab.Config{BaseURL: b.URL, Clock: clock.System{}, Token: func(context.Context) (string, error) { return value, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.ProjectByID(t.Context(), p.ID); err != nil || got.ID != p.ID {
		t.Errorf("the token that was kept: %+v, %v", got, err)
	}
	list, err := b.Client.AccessTokens(t.Context(), p.ID)
	if err != nil || len(list) != 1 || list[0].Level != 30 || list[0].Name != "deploy (Slipway-Operation: "+op.ID+")" {
		t.Errorf("%+v, %v", list, err)
	}
	b.holdsNo(t, op, value)
}

// forgetful is a vault that does not answer at some of its calls.
type forgetful struct {
	effects.Vault
	keeps  int
	failAt int // which keeping fails; 0 for none
}

func (v *forgetful) Keep(ctx context.Context, op operations.Ref, name, value string) error {
	v.keeps++
	if v.keeps == v.failAt {
		return errs.New(errs.Unavailable, "the vault does not answer")
	}
	return v.Vault.Keep(ctx, op, name, value)
}

func TestATokenThatCouldNotBeKeptIsNoOrphan(t *testing.T) {
	t.Parallel()
	for failAt := 1; failAt <= 2; failAt++ {
		b := newBench(t)
		p, op := b.fresh(t, "orders"), b.begin(t, nil)
		e := tokenEffects(t, b, op, p)[0]
		performer := b.performers[e.Kind].(effects.AccessToken)
		vault := &forgetful{Vault: performer.Vault, failAt: failAt}
		performer.Vault = vault
		b.performers[e.Kind] = performer
		if _, err := b.ledger.Apply(t.Context(), op, e); !errors.Is(err, errs.Unavailable) {
			t.Errorf("at %d: %v", failAt, err)
		}
		made := read[effects.AccessTokenResult](t, b.make(t, op, e)[0])
		list, err := b.Client.AccessTokens(t.Context(), p.ID)
		if err != nil || len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("at %d: %+v, %v", failAt, list, err)
		}
		// One whose keeping failed for good is found and revoked when everything is undone.
		again := b.begin(t, nil)
		vault.keeps, vault.failAt = 0, failAt
		if _, err := b.ledger.Apply(t.Context(), again, e); err == nil {
			t.Error("it was kept")
		}
		if o := b.undo(t, again); o.Status != operations.Failed {
			t.Errorf("it ended as %s: %s", o.Status, left(o))
		}
		if got := countTokens(t, b, p); got != 1 { // the first operation's
			t.Errorf("at %d: %d tokens", failAt, got)
		}
	}
}

func TestSecretNamesAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, id := range []string{"a/token", "a.token", "a-token", "ä/token", "ö/token", "a//token", strings.Repeat("x", 99) + "/1", strings.Repeat("x", 200) + "/2", strings.Repeat("x", 200) + "/3"} {
		name := effects.SecretName(id)
		if other, taken := seen[name]; taken {
			t.Errorf("%q and %q are both %s", id, other, name)
		}
		seen[name] = id
		if got := operations.SecretReferences(operations.SecretReference(name + ".id")); len(got) != 1 || got[0] != name+".id" {
			t.Errorf("%q: nothing can refer to %s", id, name)
		}
	}
}
